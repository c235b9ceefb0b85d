import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { I18nProvider } from "../i18n/i18n";
import { ActingProvider } from "../ui/Actions";
import { Notices } from "../ui/Notices";
import { Themed } from "../ui/Themed";
import { fetchPages, router } from "./routes";
import { SessionProvider } from "./session";

/** The first page has the line to itself. */
const PAGES_AFTER_MS = 1500;

export function App() {
  useEffect(() => {
    const timer = setTimeout(() => void fetchPages(), PAGES_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <I18nProvider>
      <Themed>
        <Notices />
        <ActingProvider>
          <SessionProvider>
            <RouterProvider router={router} />
          </SessionProvider>
        </ActingProvider>
      </Themed>
    </I18nProvider>
  );
}
