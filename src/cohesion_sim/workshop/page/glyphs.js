// Small drawings that say what happens: black with a white halo, so that they stand on any colour.

const INK = "#111";

const kept = new Map();

/** Draw a glyph by name round (x, y), r being half its side; each is drawn once and then copied. */
export function glyph(pen, name, x, y, r) {
  const key = `${name} ${r.toFixed(1)}`;
  if (kept.size > 200) kept.clear();
  let stamp = kept.get(key);
  if (!stamp) {
    stamp = document.createElement("canvas");
    stamp.width = stamp.height = Math.ceil(r * 4.6);
    drawGlyph(stamp.getContext("2d"), name, stamp.width / 2, stamp.height / 2, r);
    kept.set(key, stamp);
  }
  pen.drawImage(stamp, Math.round(x - stamp.width / 2), Math.round(y - stamp.height / 2));
}

function drawGlyph(pen, name, x, y, r) {
  pen.translate(x, y);
  pen.scale(r, r);
  pen.lineJoin = pen.lineCap = "round";
  const lines = new Path2D();
  const solid = new Path2D();
  (DRAWINGS[name] || DRAWINGS.ring)(lines, solid);
  pen.strokeStyle = "#fff";
  pen.lineWidth = 0.62;
  if (name !== "seat") {
    // which goes round somebody's mark and must not cover it
    pen.stroke(lines);
    pen.stroke(solid);
  }
  pen.strokeStyle = INK;
  pen.fillStyle = INK;
  pen.lineWidth = 0.24;
  pen.stroke(lines);
  pen.fill(solid);
}

function star(path, points, outer, inner) {
  for (let at = 0; at < 2 * points; at++) {
    const reach = at % 2 ? inner : outer;
    const angle = (at * Math.PI) / points - Math.PI / 2;
    path.lineTo(reach * Math.cos(angle), reach * Math.sin(angle));
  }
  path.closePath();
}

function dot(path, x, y, r) {
  path.moveTo(x + r, y);
  path.arc(x, y, r, 0, 2 * Math.PI);
}

function house(lines) {
  lines.rect(-0.8, -0.1, 1.6, 0.95);
  lines.moveTo(-1, -0.1);
  lines.lineTo(0, -0.9);
  lines.lineTo(1, -0.1);
}

const DRAWINGS = {
  arose: (lines, solid) => star(solid, 4, 0.8, 0.3),
  violent: (lines, solid) => star(solid, 8, 1.25, 0.55),
  blows: (lines, solid) => star(solid, 6, 0.95, 0.42),
  group: (lines, solid) => star(solid, 10, 1.6, 0.8),
  gathering: (lines, solid) => {
    star(solid, 10, 1.3, 0.7);
    lines.arc(0, 0, 1.75, 0, 2 * Math.PI);
  },
  settled: (lines) => {
    lines.moveTo(-0.7, 0.05);
    lines.lineTo(-0.2, 0.6);
    lines.lineTo(0.8, -0.6);
  },
  dropped: (lines) => {
    lines.moveTo(-0.5, 0);
    lines.lineTo(0.5, 0);
  },
  ring: (lines, solid) => {
    for (let seat = 0; seat < 8; seat++) {
      dot(solid, 0.8 * Math.cos((seat * Math.PI) / 4), 0.8 * Math.sin((seat * Math.PI) / 4), 0.2);
    }
  },
  seat: (lines) => lines.arc(0, 0, 1, 0, 2 * Math.PI),
  hat: (lines, solid) => {
    solid.moveTo(-1.1, -0.25);
    solid.lineTo(0, -0.75);
    solid.lineTo(1.1, -0.25);
    solid.lineTo(0, 0.25);
    solid.closePath();
    lines.moveTo(-0.6, 0.1);
    lines.lineTo(-0.6, 0.55);
    lines.quadraticCurveTo(0, 0.95, 0.6, 0.55);
    lines.lineTo(0.6, 0.1);
    lines.moveTo(1.1, -0.2);
    lines.lineTo(1.1, 0.6);
  },
  tool: (lines, solid) => {
    lines.moveTo(-0.75, 0.85);
    lines.lineTo(0.35, -0.25);
    solid.moveTo(-0.1, -0.75);
    solid.lineTo(0.45, -1);
    solid.lineTo(1, -0.4);
    solid.lineTo(0.75, 0.15);
    solid.closePath();
  },
  speech: (lines) => {
    lines.moveTo(-0.9, -0.75);
    lines.lineTo(0.9, -0.75);
    lines.lineTo(0.9, 0.3);
    lines.lineTo(-0.1, 0.3);
    lines.lineTo(-0.5, 0.85);
    lines.lineTo(-0.5, 0.3);
    lines.lineTo(-0.9, 0.3);
    lines.closePath();
  },
  meeting: (lines, solid) => {
    for (const [x, y] of [[-0.7, 0], [0, -0.2], [0.7, 0]]) {
      dot(solid, x, y - 0.4, 0.28);
      lines.moveTo(x - 0.3, y + 0.65);
      lines.quadraticCurveTo(x, y - 0.25, x + 0.3, y + 0.65);
    }
  },
  shock: (lines, solid) => {
    lines.moveTo(0, -0.95);
    lines.lineTo(1, 0.8);
    lines.lineTo(-1, 0.8);
    lines.closePath();
    lines.moveTo(0, -0.3);
    lines.lineTo(0, 0.2);
    dot(solid, 0, 0.52, 0.13);
  },
  mosque: (lines, solid) => {
    lines.moveTo(-0.75, 0.85);
    lines.lineTo(-0.75, 0.1);
    lines.quadraticCurveTo(-0.7, -0.6, 0, -0.75);
    lines.quadraticCurveTo(0.7, -0.6, 0.75, 0.1);
    lines.lineTo(0.75, 0.85);
    lines.closePath();
    dot(solid, 0, -1.05, 0.17);
  },
  church: (lines) => {
    lines.rect(-0.7, 0, 1.4, 0.85);
    lines.moveTo(-0.7, 0);
    lines.lineTo(0, -0.5);
    lines.lineTo(0.7, 0);
    lines.moveTo(0, -0.5);
    lines.lineTo(0, -1.25);
    lines.moveTo(-0.3, -0.95);
    lines.lineTo(0.3, -0.95);
  },
  school: (lines, solid) => {
    house(lines);
    solid.rect(-0.2, 0.25, 0.4, 0.6);
    lines.moveTo(0, -0.9);
    lines.lineTo(0, -1.4);
    lines.lineTo(0.5, -1.25);
    lines.lineTo(0, -1.1);
  },
  office: (lines, solid) => {
    lines.rect(-0.85, -0.35, 1.7, 1.2);
    lines.moveTo(-1, -0.35);
    lines.lineTo(0, -0.95);
    lines.lineTo(1, -0.35);
    for (const x of [-0.45, 0, 0.45]) solid.rect(x - 0.09, -0.1, 0.18, 0.75);
  },
  bazaar: (lines) => {
    lines.moveTo(-0.9, -0.2);
    lines.lineTo(-0.65, -0.8);
    lines.lineTo(0.65, -0.8);
    lines.lineTo(0.9, -0.2);
    lines.closePath();
    lines.moveTo(-0.65, -0.2);
    lines.lineTo(-0.65, 0.85);
    lines.moveTo(0.65, -0.2);
    lines.lineTo(0.65, 0.85);
  },
};

export const OF_EVENT = ["arose", "settled", "violent", "dropped", "group", "gathering", "blows"];
export const OF_SESSION = ["ring", "hat", "tool", "speech", "meeting", "shock"];
