// The one request every contestant gets: a browser's head of about 700 bytes.

const FIELD_LINES = [
  [
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  ],
  ["Accept", "application/json, text/plain, */*"],
  ["Accept-Encoding", "gzip, deflate, br, zstd"],
  ["Accept-Language", "en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7"],
  ["Cache-Control", "no-cache"],
  ["Sec-Ch-Ua", '"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"'],
  ["Sec-Ch-Ua-Mobile", "?0"],
  ["Sec-Ch-Ua-Platform", '"Linux"'],
  ["Sec-Fetch-Dest", "empty"],
  ["Sec-Fetch-Mode", "cors"],
  ["Sec-Fetch-Site", "same-origin"],
  ["Referer", "https://shop.example/catalogue/chairs?page=3"],
  ["Cookie", "session=4f1c2a9be0d7481e9a7c55f0b2d3e8a1; consent=all; _ga=GA1.1.1234567890.1731000000"],
] as const;

export const REQUEST_HEADERS: Readonly<Record<string, string>> = Object.fromEntries(FIELD_LINES);

/** The whole head as it goes on the wire. */
export function requestHead(url: URL): string {
  const lines = FIELD_LINES.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: keep-alive\r\n${lines}\r\n`;
}
