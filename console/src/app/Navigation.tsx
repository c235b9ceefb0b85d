import { Link, type LinkProps } from "@tanstack/react-router";
import type { ComponentType } from "react";
import bell from "../bell.svg";
import { useI18n } from "../i18n/i18n";
import { type Place, SECTIONS } from "./places";
import { usePlatform } from "./platform";
import { usePlaces } from "./usePlaces";
import styles from "./Shell.module.css";

const exactFor = (to: Place["to"]): LinkProps["activeOptions"] => ({ exact: to === "/", includeSearch: false });

export function Navigation({ onGo }: { onGo: () => void }) {
  const { t } = useI18n();
  const { version } = usePlatform();
  const places = usePlaces();
  return (
    <>
      <Link to="/" className={styles.brand}>
        <img src={bell} alt="" width={30} height={30} />
        Bouvier
      </Link>
      {SECTIONS.map((section) => {
        const own = places.filter((place) => place.section === section);
        if (!own.length) return null;
        return (
          <div key={section} className={styles.section}>
            {section !== "start" && <h2 className={styles.sectionTitle}>{t(`section.${section}`)}</h2>}
            <ul className={styles.links}>
              {own.map((place) => (
                <NavigationLink key={place.to} place={place} onGo={onGo} />
              ))}
            </ul>
          </div>
        );
      })}
      <div className={styles.foot}>{version}</div>
    </>
  );
}

function NavigationLink({ place: { to, title, Icon }, onGo }: { place: Place; onGo: () => void }) {
  const { t } = useI18n();
  const Mark: ComponentType<{ size?: number }> = Icon;
  return (
    <li>
      <Link to={to} className={styles.link} activeOptions={exactFor(to)} onClick={onGo}>
        <Mark size={18} />
        {t(title)}
      </Link>
    </li>
  );
}
