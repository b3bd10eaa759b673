// Package tenon holds what the binary carries with it: the CUE schema, the render and the
// policies, so that a team needs no network to use them.
package tenon

import "embed"

// CUE holds cue/cue.mod, cue/schema and cue/render.
//
//go:embed cue/cue.mod cue/schema cue/render
var CUE embed.FS

// Policies holds the Rego rules with their tests.
//
//go:embed policies
var Policies embed.FS

// Defects holds manifests with one defect each, and what is right in its place, by the rule that finds it:
// testdata/defects/<rule>[~<case>].diff.
//
//go:embed testdata/defects
var Defects embed.FS
