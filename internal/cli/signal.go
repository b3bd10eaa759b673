package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stoppedError says which signal stopped tenon.
type stoppedError struct{ signal syscall.Signal }

func (e stoppedError) Error() string { return e.signal.String() }

// again is how long after the first a second signal may still be the first, told twice: a terminal
// sends it to all processes, and the one that watches this one hands its own on.
const again = 300 * time.Millisecond

// stoppable gives a context that a signal ends. A second signal ends tenon at once.
func stoppable() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		var first time.Time
		for s := range signals {
			number, _ := s.(syscall.Signal)
			if first.IsZero() {
				first = time.Now()
				cancel(stoppedError{number})
			} else if time.Since(first) > again {
				os.Exit(128 + int(number))
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
