package image

import "sync"

// parallel is how many images are asked for at a time: most of it is waiting for a registry.
const parallel = 16

// Each calls do for every number below count, several at a time, and waits for all.
func Each(count int, do func(i int)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for i := range count {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			do(i)
		})
	}
	group.Wait()
}
