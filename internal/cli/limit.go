package cli

import (
	"context"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/spf13/cobra"
)

// limits bound what a platform that nobody has reviewed may use: CUE can be written that never ends,
// and its evaluation cannot be stopped from outside.
type limits struct {
	time   time.Duration
	memory int
	// garbage is how much the heap may grow between two collections, in percent; 0 leaves it to Go. A
	// process that ends after a second on a machine of CI need not spend a third of its time on collecting.
	garbage int
}

// register is for commands that CI runs.
func (l *limits) register(cmd *cobra.Command) {
	l.garbage = 400
	l.registerWith(cmd, time.Minute, 2048)
}

func (l *limits) registerWith(cmd *cobra.Command, most time.Duration, memory int) {
	cmd.Flags().DurationVar(&l.time, "time-limit", most, "give up after this long")
	cmd.Flags().IntVar(&l.memory, "memory-limit", memory, "give up above this many MiB")
}

// limited does the work within the limits. Work that goes on when they are reached ends with the
// process.
func (a *app) limited(ctx context.Context, l limits, work func(context.Context) error) error {
	if l.garbage > 0 {
		defer debug.SetGCPercent(debug.SetGCPercent(l.garbage))
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(l.memory) << 20))
	}
	ctx, cancel := context.WithTimeout(ctx, l.time)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			if context.Cause(ctx) == context.DeadlineExceeded {
				return fmt.Errorf("gave up after %s: the platform takes too long to evaluate\n  try: --time-limit, if it is meant to", l.time)
			}
			return ctx.Err()
		case <-tick.C:
			if used := memoryInUse(); used > l.memory {
				return fmt.Errorf("gave up at %d MiB: the platform takes too much memory\n  try: --memory-limit, if it is meant to", used)
			}
		}
	}
}

func memoryInUse() int {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64() >> 20)
}
