// `parallax schema`: prints the JSON Schema of the config file.
import { configJsonSchema } from "../config/schema.ts";

/** Exit code 0. */
export async function runSchema(): Promise<number> {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return 0;
}
