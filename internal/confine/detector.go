//go:build race

package confine

// Detector tells whether the race detector is built in. It shadows memory several times over, so that no
// bound on the process's data can hold beside it.
const Detector = true
