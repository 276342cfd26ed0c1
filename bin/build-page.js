// Builds the review page after an install. Where only what runs is installed there is nothing to build it with:
// then the page that was built before is served, or the plain one.
import { fileURLToPath } from "node:url";

try {
  const { build } = await import("vite");
  await build({ configFile: fileURLToPath(new URL("../vite.config.ts", import.meta.url)) });
} catch (error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error("the review page was not built: it needs the development dependencies");
}
