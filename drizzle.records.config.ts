import { defineConfig } from "drizzle-kit";

// `npx drizzle-kit generate --config drizzle.records.config.ts --name what_changed` writes the next migration of the records.
export default defineConfig({
  dialect: "sqlite",
  schema: ["./src/db/records-schema.ts", "./src/db/accounts-schema.ts"],
  out: "./migrations/records",
});
