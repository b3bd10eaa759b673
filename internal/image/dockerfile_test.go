package image_test

import (
	"testing"

	"tenon.dev/tenon/internal/image"
)

// TestDockerfile: what a stage inherits, and what an argument stands for.
func TestDockerfile(t *testing.T) {
	d := image.ParseDockerfile(`ARG BASE=registry.example.com/cuda@sha256:00
ARG TAG
FROM ${BASE} AS base
ENV A=1 B="two words"
USER 1001:1001
FROM base AS final
RUN <<EOF
pip install numpy
EOF
FROM alpine:${TAG}
`)
	if d.ParseError != "" || len(d.Stages) != 3 {
		t.Fatalf("%+v", d)
	}
	base, final, other := d.Stages[0], d.Stages[1], d.Stages[2]
	if base.From != "registry.example.com/cuda@sha256:00" || base.Inner || base.Env["B"] != "two words" {
		t.Errorf("base: %+v", base)
	}
	if !final.Inner || final.User != "1001:1001" || final.Env["A"] != "1" || len(final.Run) == 0 || final.Last {
		t.Errorf("final: %+v", final)
	}
	if other.From != "alpine:${TAG}" || other.Inner || other.User != "" || !other.Last {
		t.Errorf("other: %+v", other)
	}
	if image.ParseDockerfile("FORM x").ParseError == "" {
		t.Error("an unknown instruction parses")
	}
}
