// `parallax record`: its flags, which win over the environment and the config file.
import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";
import { parseDuration } from "./values.ts";

export function addRecord(program: Command, outcome: Outcome): void {
  program
    .command("record")
    .description("serve clients from the legacy, and write what they asked and got as files, redacted")
    .option("--config <file>", "config file (YAML)")
    .option("--legacy <url>", "the service that serves")
    .option("--candidate <url>", "mirror and compare as well; without it everything is only recorded")
    .option("--listen <host:port>", "where clients connect (default: 0.0.0.0:8080)")
    .option("--admin <host:port>", "admin API, metrics and page (default: 127.0.0.1:9090)")
    .option("--data <dir>", "directory of the store (default: ./data)")
    .option("--out <dir>", "directory of the recordings (default: record.dir, or ./recordings)")
    .option("--sample <percent>", "share of the exchanges that is recorded (default: 100)")
    .option(
      "--methods <list>",
      "methods that are recorded: GET,POST, or all (default: those that are mirrored)",
    )
    .option("--file-bytes <n>", "size of a file, past which the next one begins (default: 67108864)")
    .option("--files <n>", "files that are kept; the oldest go (default: 16)")
    .option("--no-compress", "files as plain text instead of gzip")
    .option("--duration <time>", "how long, such as 10m (default: until Ctrl-C)", parseDuration)
    .action(async (_flags, command: Command) => {
      const { out, sample, methods, fileBytes, files, compress, duration, ...flags } =
        command.optsWithGlobals();
      const { runRecord } = await import("../record.ts");
      outcome.exitCode = await runRecord({
        ...flags,
        recordDir: out,
        recordSample: sample,
        recordMethods: methods,
        recordFileBytes: fileBytes,
        recordFiles: files,
        // Commander's default is true: then the config file decides.
        recordCompress: compress ? undefined : "false",
        durationMs: duration,
      });
    });
}
