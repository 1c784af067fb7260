import { defineConfig } from "drizzle-kit";

// `npx drizzle-kit generate --config drizzle.index.config.ts --name what_changed` writes the next migration of the image
// index. `--custom` makes an empty one for what Drizzle cannot describe (virtual tables, triggers).
export default defineConfig({
  dialect: "sqlite",
  schema: "./src/db/index-schema.ts",
  out: "./migrations/index",
});
