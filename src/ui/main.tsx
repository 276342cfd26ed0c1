// The page begins here: styles, the frame around every view, and the view that the address names.
import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/table.css";
import "./styles/frame.css";
import "./styles/overview.css";
import "./styles/exchange.css";
import { App } from "./app.tsx";
import { applyKeptTheme } from "./parts/theme.tsx";

applyKeptTheme();
const place = document.getElementById("page");
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
