// Vega out of the parts in which Debian ships it (libjs-vega has no bundle): each part is a function of (exports, require,
// module) in vegaParts. Expressions are interpreted, so that the page needs no eval and its content policy allows none.

function loadVega(parts) {
  const made = {};
  const alias = { "vega-selections": "vega-selection" };
  const load = (name) => {
    const part = alias[name] || name;
    if (made[part]) return made[part];
    if (!parts[part]) return {};  // what only parts use that the page has not, such as maps of the earth
    const module = { exports: {} };
    made[part] = module.exports;
    parts[part].call(window, module.exports, load, module);
    return made[part];
  };
  const vega = Object.assign({}, ...Object.keys(parts).map(load));
  // What the index of Vega does besides: transforms of all parts under one roof.
  for (const name of ["vega-transforms", "vega-view-transforms", "vega-encode"]) Object.assign(vega.transforms, load(name));
  return vega;
}

const vega = loadVega(vegaParts);
