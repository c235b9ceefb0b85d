import "./ui/styles";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { reloadWhenPartsAreMissing } from "./app/reloading";
import { firstLanguage } from "./i18n/i18n";
import { load } from "./i18n/texts";

reloadWhenPartsAreMissing();

const place = document.getElementById("root");
if (place) {
  const show = () =>
    createRoot(place).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  load(firstLanguage()).then(show, show);
}
