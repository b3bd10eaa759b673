package cli

import (
	"context"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/confine"
)

// limits bound what input that nobody has reviewed may use: CUE can be written that never ends, and its
// evaluation cannot be stopped from outside.
type limits struct {
	time   time.Duration
	memory int
	// garbage is how much the heap may grow between two collections, in percent; 0 leaves it to Go. A
	// process that ends after a second on a machine of CI need not spend a third of its time on collecting.
	garbage int
}

// register is for commands that compare platforms in CI.
func (l *limits) register(cmd *cobra.Command) {
	l.garbage = 400
	l.registerWith(cmd, 2*time.Minute, 2048)
}

// registerLarge is for commands that read whole repositories, or wait for registries.
func (l *limits) registerLarge(cmd *cobra.Command) { l.registerWith(cmd, 10*time.Minute, 3072) }

func (l *limits) registerWith(cmd *cobra.Command, most time.Duration, memory int) {
	cmd.Flags().DurationVar(&l.time, "time-limit", most, "give up after this long")
	cmd.Flags().IntVar(&l.memory, "memory-limit", memory, "give up above this many MiB")
}

// bound makes a command work within limits, which flags can change.
func (a *app) bound(cmd *cobra.Command, register func(*limits, *cobra.Command)) *cobra.Command {
	var l limits
	register(&l, cmd)
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.limited(cmd.Context(), l, func(ctx context.Context) error {
			cmd.SetContext(ctx)
			return run(cmd, args)
		})
	}
	return cmd
}

// limited does the work within the limits. Work that goes on when they are reached ends with the
// process.
func (a *app) limited(ctx context.Context, l limits, work func(context.Context) error) error {
	if l.garbage > 0 {
		defer debug.SetGCPercent(debug.SetGCPercent(l.garbage))
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(l.memory) << 20))
	}
	confine.Memory(l.memory)
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
				return fmt.Errorf("gave up after %s: the input takes too long\n  try: --time-limit, if it is meant to", l.time)
			}
			return interrupted(ctx, done)
		case <-tick.C:
			if used := memoryInUse(); used > l.memory {
				return fmt.Errorf("gave up at %d MiB: the input takes too much memory\n  try: --memory-limit, if it is meant to", used)
			}
		}
	}
}

// interrupted gives work that was told to stop the time to take back what it has begun to write.
func interrupted(ctx context.Context, done <-chan error) error {
	select {
	case <-done:
	case <-time.After(2 * time.Second):
	}
	return context.Cause(ctx)
}

func memoryInUse() int {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64() >> 20)
}
