// The font and every style sheet, the library's before ours.
import "@fontsource-variable/figtree";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./global.css";
