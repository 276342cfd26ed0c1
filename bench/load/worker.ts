// The load's own process: takes one LoadRequest at a time over IPC and answers with its LoadResult.
import { runClosed } from "./closed.ts";
import type { LoadRequest } from "./load.ts";
import { runPaced } from "./paced.ts";

process.on("message", async (request: LoadRequest) => {
  const { ratePerSecond } = request;
  process.send?.(
    ratePerSecond === undefined ? await runClosed(request) : await runPaced({ ...request, ratePerSecond }),
  );
});
process.on("disconnect", () => process.exit(0));
