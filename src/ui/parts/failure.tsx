// Why something cannot be shown or done: one line, announced to who cannot see it.
import type { ApiFailure } from "../api.ts";

export function Failure({ failure }: { readonly failure: ApiFailure }) {
  return (
    <div class="failure" role="alert">
      <p>{failure.message}</p>
      {failure.problems.length === 0 ? null : (
        <ul>
          {failure.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
