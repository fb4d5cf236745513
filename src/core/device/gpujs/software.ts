// Processors that pretend to be graphics cards, by the names under which they do.

/** SwiftShader, Mesa's llvmpipe, lavapipe and softpipe, Windows' WARP. */
const rasterisers = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i;

/** Whether a driver's name is that of a software rasteriser. */
export const isSoftwareName = (name: string): boolean => rasterisers.test(name);
