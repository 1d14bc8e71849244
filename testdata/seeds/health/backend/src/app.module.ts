import { Inject, Injectable, Module } from "tinynest";
import { HealthController } from "./health/health.controller";
import { Database } from "./patients/database";
import { PatientsController } from "./patients/patients.controller";

// Brings the database to its newest state before the first request.
@Injectable()
@Inject(Database)
class Migrator {
  constructor(database: Database) {
    database.migrate();
  }
}

@Module({ providers: [Migrator], controllers: [HealthController, PatientsController] })
export class AppModule {}
