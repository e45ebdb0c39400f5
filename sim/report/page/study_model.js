// The points of a study: how a figure at indices is found, and which dimensions can be drawn against which.

function studyModel(study) {
  const sizes = study.dims.map((d) => d.size);
  const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((a, b) => a * b, 1));
  const index = (at) => at.reduce((sum, v, i) => sum + v * strides[i], 0);
  const baseAxis = study.baseline ? study.axes[study.baseline.axis] : study.axes.find((a) => /placement/.test(a.name) && !a.numeric && sizes[a.dim] <= 8);
  const baseDim = baseAxis ? baseAxis.dim : -1;
  const axesOf = (dim) => study.axes.filter((a) => a.dim === dim);
  // A dimension along which several axes vary at once is a sample: nothing lies between its points.
  const sampled = study.dims.map((_, dim) => dim !== baseDim && axesOf(dim).length > 1 && sizes[dim] > 12);
  return { sizes, index, baseAxis, baseDim, axesOf, sampled, free: study.dims.map((_, i) => i).filter((i) => i !== baseDim && sizes[i] > 1) };
}

function levelText(axis, i) {
  const value = axis.values[i];
  return axis.numeric ? amount(value, axis.unit) : String(value);
}
