import { Context, Controller, Get, HttpError, Inject, Post } from "tinynest";
import { Database, Reading } from "./database";

@Controller("patients")
@Inject(Database)
export class PatientsController {
  constructor(private readonly database: Database) {}

  @Get()
  all() {
    return this.database.patients();
  }

  @Post()
  add({ body }: Context) {
    if (typeof body?.name !== "string" || body.name === "") throw new HttpError(400, "name is needed");
    return this.database.add(body.name);
  }

  @Post(":id/readings")
  record({ params, body }: Context): Reading {
    const patient = this.database.find(Number(params.id));
    if (!patient) throw new HttpError(404, `no patient ${params.id}`);
    const { systolic, diastolic } = body ?? {};
    if (!(systolic > diastolic && diastolic > 0)) throw new HttpError(400, "systolic and diastolic are needed");
    patient.readings.push({ systolic, diastolic });
    return { systolic, diastolic };
  }
}
