package manifest

import (
	"runtime"
	"sync"
)

// Queue parses parts of files side by side and puts them together in the order in which they were added. Its zero value
// is ready; nothing is added to it after Wait.
type Queue struct {
	once  sync.Once
	slots chan struct{}
	parts []*part
	group sync.WaitGroup
}

// part is what one task came to; failed is with what it panicked.
type part struct {
	parsed Parsed
	failed any
}

// Add has a part parsed. It waits while there are as many in work as there are processors, so that no more texts are
// held than that.
func (q *Queue) Add(parse func() Parsed) {
	q.once.Do(func() { q.slots = make(chan struct{}, runtime.GOMAXPROCS(0)) })
	p := &part{}
	q.parts = append(q.parts, p)
	q.slots <- struct{}{}
	q.group.Go(func() {
		defer func() { p.failed = recover(); <-q.slots }()
		p.parsed = parse()
	})
}

// Wait is all of it. What panicked does so here, where callers expect it.
func (q *Queue) Wait() Parsed {
	q.group.Wait()
	var all Parsed
	for _, p := range q.parts {
		if p.failed != nil {
			panic(p.failed)
		}
		all.Append(p.parsed)
	}
	return all
}
