// Holds a worker thread wherever it is, with the debugger: for what others must do while it is stuck.
import { Session } from "node:inspector/promises";
import { onTestFinished } from "vitest";

export interface HeldThread {
  /** Lets it go on. */
  release(): Promise<void>;
}

interface Attached {
  readonly sessionId: string;
  readonly workerInfo: { readonly title: string };
}

/** Stops the worker of that name at its next statement. Resolves at once: it may be asleep until then. */
export async function holdThread(name: string): Promise<HeldThread> {
  const session = new Session();
  session.connect();
  const { promise: attached, resolve } = Promise.withResolvers<string>();
  session.on("NodeWorker.attachedToWorker", ({ params }: { readonly params: Attached }) => {
    if (params.workerInfo.title.includes(name)) resolve(params.sessionId);
  });
  await session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  const sessionId = await attached;
  let id = 0;
  const say = (method: string) =>
    session.post("NodeWorker.sendMessageToWorker", {
      sessionId,
      message: JSON.stringify({ id: ++id, method }),
    });
  await say("Debugger.enable");
  await say("Debugger.pause");
  let isHeld = true;
  const release = async (): Promise<void> => {
    if (!isHeld) return;
    isHeld = false;
    await say("Debugger.resume");
    await say("Debugger.disable");
    session.disconnect();
  };
  onTestFinished(release);
  return { release };
}
