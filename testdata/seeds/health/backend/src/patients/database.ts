import * as fs from "fs";
import * as path from "path";
import { Injectable } from "tinynest";

export interface Reading {
  systolic: number;
  diastolic: number;
}

export interface Patient {
  id: number;
  name: string;
  readings: Reading[];
}

// Held in memory; it knows of the migrations below prisma/ as a real one would.
@Injectable()
export class Database {
  private readonly rows = new Map<number, Patient>();
  private readonly applied = new Set<string>();

  migrate(folder = "prisma/migrations"): string[] {
    const names = fs.readdirSync(folder).filter((name) => fs.existsSync(path.join(folder, name, "migration.sql"))).sort();
    for (const name of names) this.applied.add(name);
    return names;
  }

  missingMigrations(folder = "prisma/migrations"): string[] {
    return fs.readdirSync(folder).filter((name) => !this.applied.has(name));
  }

  patients(): Patient[] {
    return [...this.rows.values()];
  }

  find(id: number): Patient | undefined {
    return this.rows.get(id);
  }

  add(name: string): Patient {
    const patient = { id: this.rows.size + 1, name, readings: [] };
    this.rows.set(patient.id, patient);
    return patient;
  }
}
