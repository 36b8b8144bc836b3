// Names in a film and the plain words for them. `w` marks words for translation.

const w = (text) => text;

export const MEASURE_WORDS = {
  violent: w("violent disputes"),
  disputes: w("disputes"),
  registered: w("disputes taken to an office or elders"),
  settled: w("disputes settled"),
  unresolved: w("disputes dropped unsettled"),
  open: w("disputes still open"),
  blows: w("youth quarrels with blows"),
  group_fights: w("group fights of youth"),
  gatherings: w("fights that brought adults out"),
  witnessed: w("pupils who saw violence"),
  attitude: w("attitude to others"),
  norm: w("what people think others approve of"),
  acceptance: w("would accept others as neighbours"),
  contact: w("met somebody of another community"),
  good: w("meetings that went well"),
  tie_trust: w("trust between acquaintances"),
  trust: w("trust in the municipality"),
  security: w("feeling safe"),
  participation: w("taking part in public life"),
  grievance: w("grievance"),
  language: w("speak the state language"),
  marriages: w("girls married under 18"),
  approval: w("approval of early marriage"),
  mediators: w("active mediators"),
  attended: w("people who took part"),
  reached: w("people reached"),
  spending: w("money spent, USD"),
  polarisation: w("division of opinion"),
  spread: w("gap between communities"),
  cohesion: w("cohesion, 0 to 10"),
};

export const ROLE_WORDS = {
  resident: w("resident"),
  official: w("official"),
  religious_leader: w("religious leader"),
  activist: w("activist"),
};

export const BAND_WORDS = [w("under 14"), w("14 to 28 years"), w("29 to 59 years"), w("60 and older")];
export const SEX_WORDS = [w("man or boy"), w("woman or girl")];

export const ATTITUDE_WORDS = [w("cold"), w("cool"), w("in between"), w("warm"), w("very warm")];

export const DISPUTE_WORDS = {
  family: w("in a family"),
  land_water: w("over land or water"),
  neighbour: w("between neighbours"),
  youth: w("among youth"),
  inter_community: w("between communities"),
  religious: w("over religion"),
};

export const EVENT_WORDS = [
  w("dispute"),
  w("dispute settled"),
  w("dispute with violence"),
  w("dispute dropped"),
  w("group fight"),
  w("adults gather"),
  w("quarrel with blows"),
];

export const SESSION_WORDS = [w("dialogue"), w("training"), w("project"), w("message"), w("meeting"), w("event from outside")];

export const KIND_WORDS = {
  dialogue_platform: w("dialogue platform"),
  training: w("training"),
  initiative_group: w("initiative group"),
  small_grant: w("small project"),
  language_club: w("language club"),
  youth_club: w("youth club"),
  early_marriage_prevention: w("prevention of early marriage"),
  public_works: w("shared works"),
  grant_competition: w("competition of initiatives"),
  public_meeting: w("public meeting"),
  prevention_centre: w("prevention centre"),
  leader_message: w("message of leaders"),
};

export const SHOCK_WORDS = {
  rumour: w("a rumour or provocation"),
  drought: w("a drought"),
  migrants_return: w("migrants come home"),
  youth_brawl: w("a brawl of youths"),
  burial_dispute: w("a quarrel over a burial"),
  border_incident: w("an incident at the border"),
  election: w("a heated election"),
};

export const PLACE_WORDS = {
  mosque: w("mosque"),
  church: w("church"),
  school: w("school"),
  office: w("office of the municipality"),
  bazaar: w("bazaar"),
};

export const TIE_WORDS = {
  household: w("household"),
  kin: w("kin"),
  neighbour: w("neighbour"),
  friend: w("friend"),
  school: w("school"),
  work: w("work"),
  congregation: w("congregation"),
};

export const MARK_WORDS = {
  F: w("found in the source"),
  D: w("derived from found figures"),
  "M-h": w("from memory, fairly sure"),
  "M-m": w("from memory, less sure"),
  "M-l": w("from memory, not sure"),
  A: w("assumed"),
  user: w("set by the user"),
};

export const FIELD_WORDS = {
  seats: w("people invited"),
  clubs: w("number of clubs"),
  projects: w("number of projects"),
  rounds: w("rounds"),
  households: w("households reached"),
  learners: w("learners in a club"),
  workers: w("people called to work"),
  leaders: w("leaders who take part"),
  members: w("members on call"),
  organisers: w("organisers"),
  every: w("weeks from one to the next"),
  sessions: w("lessons a week"),
  days: w("days"),
  mixing: w("how mixed, 0 to 1"),
  balance: w("how mixed, 0 to 1"),
};

export const LABEL_WORDS = {
  platform: w("dialogue platform"),
  circle_1: w("village circle 1"),
  circle_2: w("village circle 2"),
  circle_3: w("village circle 3"),
  mediation: w("training: mediation"),
  religion_and_law: w("training: religion and law"),
  leaders: w("training of leaders"),
  activists: w("training of activists"),
  residents: w("training of residents"),
  centre: w("prevention centre"),
  debates: w("debates"),
  meetings: w("meetings"),
  initiative_group: w("initiative group"),
  clubs: w("youth club"),
  language_clubs: w("language club"),
  language_clubs_again: w("language club, second time"),
  early_marriage: w("prevention of early marriage"),
  classes: w("classes for girls"),
  competition: w("competition of initiatives"),
  messages: w("message of leaders"),
  sport: w("sport"),
  theatre: w("theatre"),
  canal: w("repair of the canal"),
  playground: w("playground"),
  language: w("language project"),
  marriage: w("project on early marriage"),
  youth: w("youth project"),
};

export const LANGUAGES = { ky: "Кыргызча", ru: "Русский", uz: "Oʻzbekcha", uz_Cyrl: "Ўзбекча", en: "English" };
export const TAGS = { ky: "ky", ru: "ru", uz: "uz-Latn", uz_Cyrl: "uz-Cyrl", en: "en" };

/** Return the English words for an intervention: of its label when known, else of its kind. */
export function labelWords(label, kind) {
  return LABEL_WORDS[label] || KIND_WORDS[kind] || String(label || kind || "").replaceAll("_", " ");
}

/** Return the words for a number of an intervention that can be moved. */
export function fieldWords(one) {
  return FIELD_WORDS[one.name.split(".").pop()] || one.meaning;
}

/** Return the words for a shock that can be asked for; several of a kind are numbered. */
export function shockWords(one) {
  return SHOCK_WORDS[one.kind || one.key.replace(/_\d+$/, "")] || one.key;
}
