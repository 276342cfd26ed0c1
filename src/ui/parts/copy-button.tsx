// Copies a text, and says that it did.
import { announce, announceFailure } from "./toast.tsx";

/** The clipboard proper is there on loopback and https alone; the old way works everywhere. */
async function copy(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    const isDone = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false, // refused: the old way may still do
    );
    if (isDone) return true;
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}

export interface CopyButtonProps {
  readonly text: string;
  /** What it is: `curl line`. */
  readonly what: string;
}

export function CopyButton({ text, what }: CopyButtonProps) {
  const onClick = async () => {
    if (await copy(text)) announce(`Copied the ${what}`);
    else
      announceFailure({
        status: 0,
        code: "copy",
        message: "the browser does not let it be copied",
        problems: [],
      });
  };
  return (
    <button type="button" onClick={onClick}>
      Copy <span class="unseen">the {what}</span>
    </button>
  );
}
