import { NestFactory } from "tinynest";
import { AppModule } from "./app.module";
import { Database } from "./patients/database";

async function main() {
  if (process.argv[2] === "migrate") {
    console.log(new Database().migrate().map((name) => `applied ${name}`).join("\n"));
    return;
  }
  const port = Number(process.env.PORT ?? 5000);
  const app = await NestFactory.create(AppModule);
  await app.listen(port);
  console.log(`listening on ${port}`);
  process.once("SIGTERM", () => app.close().then(() => process.exit(0)));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
