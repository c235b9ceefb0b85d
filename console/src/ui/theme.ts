// Colours and shapes. Shade 8 is what fills buttons: it is dark enough for white text in both themes.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#eaf6f3",
  "#d5ebe6",
  "#aad6cc",
  "#7cc0b1",
  "#58ad9b",
  "#3f9f8c",
  "#2f8c7a",
  "#1f7565",
  "#145f52",
  "#0b4a40",
];
/** Greys with a little sand in them, so that long lists stay warm. */
const sand: MantineColorsTuple = [
  "#faf8f4",
  "#f3f0e9",
  "#e8e3d9",
  "#d9d3c6",
  "#c0b9ab",
  "#9d968a",
  "#6f6a61",
  "#524e47",
  "#383530",
  "#1f1d1a",
];
const night: MantineColorsTuple = [
  "#dfe5e2",
  "#c3ccc8",
  "#9ba8a3",
  "#74827d",
  "#47544f",
  "#36423e",
  "#263230",
  "#1c2625",
  "#141c1b",
  "#0d1413",
];

export const theme = createTheme({
  colors: { pine, gray: sand, dark: night },
  primaryColor: "pine",
  primaryShade: 8,
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: '"Figtree Variable", system-ui, sans-serif',
  fontFamilyMonospace: "ui-monospace, 'Cascadia Code', 'DejaVu Sans Mono', monospace",
  headings: { fontFamily: '"Figtree Variable", system-ui, sans-serif', fontWeight: "650" },
  components: {
    Tabs: { defaultProps: { color: "pine.5" } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
    ActionIcon: { defaultProps: { variant: "subtle" } },
    // A dialog's header is no banner of the page.
    Modal: {
      defaultProps: {
        centered: true,
        attributes: { header: { role: "none" } },
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
      },
    },
  },
});

/** Dimmed text that is still read easily on every surface. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-error": "#a32a1b",
    "--mantine-color-dimmed": "#5f6a65",
    "--mantine-color-body": "#f6f3ec",
    "--mantine-color-text": "#1d2725",
  },
  dark: {
    "--mantine-color-error": "#ff9f90",
    "--mantine-color-dimmed": "#9dada7",
    "--mantine-color-body": "#121918",
    "--mantine-color-text": "#dfe5e2",
    "--mantine-color-anchor": "#7cc0b1",
  },
});
