import { Controller, Get, HttpError, Inject } from "tinynest";
import { Database } from "../patients/database";

@Controller("health")
@Inject(Database)
export class HealthController {
  constructor(private readonly database: Database) {}

  @Get()
  check() {
    const missing = this.database.missingMigrations();
    if (missing.length > 0) throw new HttpError(503, `migrations to come: ${missing.join(", ")}`);
    return { status: "ok", uptime: process.uptime(), patients: this.database.patients().length };
  }
}
