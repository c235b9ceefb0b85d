// Les hôtes, et comment ils se joignent.
export const hosts = {
  "addHost.open": "Ajouter un hôte",
  "addHost.title": "Ajouter un hôte",
  "addHost.lead":
    "Toute machine avec Docker devient un hôte par une commande, collée là-bas en tant que root. Elle ouvre toutes les connexions elle-même : personne n’a besoin de la joindre d’ici.",
  "addHost.valid": "La commande peut servir pendant",
  "addHost.hours": { one: "{count} heure", other: "{count} heures" },
  "addHost.many": "Pour un nombre quelconque d’hôtes",
  "addHost.manyHint": "Sinon elle fait d’une machine un hôte et ne vaut plus rien ensuite.",
  "addHost.make": "Créer la commande",
  "addHost.command": "Commande à coller sur le nouvel hôte",
  "addHost.waiting": "En attente de l’hôte. Cette fenêtre peut être fermée ; l’hôte apparaît dans la liste.",
  "addHost.joined": "{name} s’est joint.",
  "hosts.labels": "Étiquettes…",
  "hosts.drain": "Vider…",
  "hosts.drainTitle": "Vider {name} ?",
  "hosts.drainLead": {
    one: "L’hôte ne prend plus de nouveaux pods, et son {count} pod part ailleurs. Les budgets d’interruption sont respectés.",
    other:
      "L’hôte ne prend plus de nouveaux pods, et ses {count} pods partent ailleurs, l’un après l’autre. Les budgets d’interruption sont respectés.",
  },
  "hosts.drainLost": {
    one: "{count} pod n’a pas d’application qui le redémarre et sera perdu : {names}.",
    other: "{count} pods n’ont pas d’application qui les redémarre et seront perdus : {names}.",
  },
  "hosts.drainNow": "Vider",
  "hosts.draining": "{moved} pods sur {all} ont été déplacés.",
  "hosts.drainKept":
    "Le budget d’interruption de {name} ne le laisse pas encore partir ; nouvel essai toutes les deux secondes.",
  "hosts.drained": "{name} est vide et ne prend plus de nouveaux pods.",
  "hosts.remove": "Retirer",
  "hosts.removeTitle": "Retirer {name} de la plateforme ?",
  "hosts.removeText":
    "Ses pods sont démarrés ailleurs. Un hôte qui tourne encore revient de lui-même : arrêtez d’abord son agent. C’est irréversible.",
  "labels.title": "Étiquettes de {name}",
  "labels.label": "Étiquettes",
  "labels.hint": "Une par ligne, sous la forme NOM=VALEUR. Une ligne ôtée retire l’étiquette.",
  "labels.wrong": "La ligne {line} n’est pas NOM=VALEUR.",
  "peers.title": "Réseau entre les hôtes",
  "peers.driver": "réseau {driver}",
  "peers.fromTo": "De ↓ vers →",
  "peers.single": "Un seul hôte n’a pas de pairs. Ajoutez-en un autre, et chacun teste le chemin vers tous les autres.",
  "peers.all": {
    one: "Chaque hôte joint tous les autres ({count} chemin).",
    other: "Chaque hôte joint tous les autres ({count} chemins).",
  },
  "peers.some": {
    one: "{count} chemin sur {all} n’est pas prouvé.",
    other: "{count} chemins sur {all} ne sont pas prouvés.",
  },
  "peers.ms": "{ms} ms",
  "peers.established": "{from} joint {to}.",
  "peers.unreachable": "{from} ne joint pas {to}. {why}",
  "peers.untested": "{from} n’a pas encore testé le chemin vers {to}.",
  "peers.unknown": "{from} ne répond plus : on ne sait pas s’il joint {to}.",
} as const;
