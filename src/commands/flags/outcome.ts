// What the command that ran said, for main.ts to end with. Commander's own exits (help, version, usage) pass it by.
export class Outcome {
  exitCode = 0;
}
