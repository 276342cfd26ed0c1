// The request: as a line to copy, and what was sent. Redacted values stay redacted.
import { CopyButton } from "../parts/copy-button.tsx";
import type { Exchange } from "./exchange.ts";
import { LongText } from "./raw-view.tsx";
import { sizeWords } from "./words.ts";

export function RequestView({ exchange }: { readonly exchange: Exchange }) {
  const { request, curl } = exchange;
  return (
    <>
      <div class="ends">
        <h3>As a curl line</h3>
        <CopyButton text={curl} what="curl line" />
      </div>
      <pre class="raw">{curl}</pre>
      <h3>
        {request.method} <code>{request.target}</code>
      </h3>
      <table class="heads">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {request.headers.map(([name, value], at) => (
            <tr key={at}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>
                <code>{value}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Body</h3>
      <p class="small muted">
        {sizeWords(request)}
        {request.bodyEncoding === "base64" && request.body !== "" ? " · not text: shown in base64" : ""}
      </p>
      {request.body === "" ? null : <LongText label="Body of the request" text={request.body} />}
    </>
  );
}
