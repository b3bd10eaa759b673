//go:build !race

package confine

// Detector tells whether the race detector is built in.
const Detector = false
