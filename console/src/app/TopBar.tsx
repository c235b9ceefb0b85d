import { useLink } from "../live/useLive";
import { useI18n } from "../i18n/i18n";
import { Burger, Kbd } from "../ui/kit";
import { Search, WifiOff } from "../ui/icons";
import { ClusterPicker } from "./ClusterPicker";
import { NamespacePicker } from "./NamespacePicker";
import { openPalette } from "./Palette";
import styles from "./Shell.module.css";
import { LanguageMenu, ThemeMenu, UserMenu } from "./menus";

export function TopBar({ isMenuOpen, onMenu }: { isMenuOpen: boolean; onMenu: () => void }) {
  const { t } = useI18n();
  return (
    <div className={styles.bar}>
      <Burger opened={isMenuOpen} onClick={onMenu} hiddenFrom="sm" size="sm" aria-label={t("shell.navigation")} />
      <ClusterPicker />
      <NamespacePicker />
      <button type="button" className={styles.search} onClick={openPalette}>
        <Search size={16} aria-hidden />
        <span>{t("shell.search")}</span>
        <Kbd size="xs" aria-hidden>
          Ctrl K
        </Kbd>
      </button>
      <div className={styles.right}>
        <LiveMark />
        <ThemeMenu />
        <LanguageMenu />
        <UserMenu />
      </div>
    </div>
  );
}

function LiveMark() {
  const { t } = useI18n();
  const link = useLink();
  return (
    <span className={styles.live} data-link={link} role="status">
      {link === "lost" ? <WifiOff size={14} aria-hidden /> : <span className={styles.pulse} aria-hidden />}
      <span>{t(`live.${link}`)}</span>
    </span>
  );
}
