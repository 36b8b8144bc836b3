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
  D: w("from data of the place"),
  F: w("from published findings"),
  A: w("assumed"),
  "M-m": w("modellers' judgement"),
  user: w("set by the user"),
  own: w("our own judgement"),
};

export const LANGUAGES = { ky: "Кыргызча", ru: "Русский", uz: "Oʻzbekcha", uz_Cyrl: "Ўзбекча", en: "English" };
export const TAGS = { ky: "ky", ru: "ru", uz: "uz-Latn", uz_Cyrl: "uz-Cyrl", en: "en" };
