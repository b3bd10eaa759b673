package check

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/platform"
)

// Loaded is a platform of which some environments may have been refused.
type Loaded struct {
	Environments []Environment
	// Refused is what is wrong with the CUE, and Broken names the environments that it is wrong in.
	Refused []finding.Finding
	Broken  []string
}

// LoadPair loads two versions of a platform. An environment whose files are the same in both is
// evaluated once, and stands in both.
func LoadPair(base, head platform.Folder) (before, after Loaded, err error) {
	old, err := parseAll(base)
	if errors.Is(err, platform.ErrNoPlatform) {
		err = nil // all of the head is new
	}
	if err != nil {
		return before, after, err
	}
	now, err := parseAll(head)
	if errors.Is(err, platform.ErrNoPlatform) && len(old) > 0 {
		err = fmt.Errorf("the head has lost the platform that the base has: %s", err)
	}
	if err != nil {
		return before, after, err
	}
	loads := make([]*loading, 0, len(old)+len(now))
	for name, p := range now {
		loads = append(loads, &loading{name: name, parsed: p, isHead: true, isBase: old[name] != nil && p.Same(old[name])})
	}
	for name, p := range old {
		if now[name] == nil || !p.Same(now[name]) {
			loads = append(loads, &loading{name: name, parsed: p, isBase: true})
		}
	}
	var group sync.WaitGroup
	for _, l := range loads {
		group.Go(l.evaluate)
	}
	group.Wait()
	slices.SortFunc(loads, func(a, b *loading) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	for _, l := range loads {
		if l.err != nil {
			return before, after, l.err
		}
		if l.isHead {
			after.add(l)
		}
		if l.isBase {
			before.add(l)
		}
	}
	return before, after, nil
}

func (p *Loaded) add(l *loading) {
	p.Refused = finding.Merge(append(p.Refused, l.refused...))
	if l.environment.Environment == nil {
		p.Broken = append(p.Broken, l.name)
		return
	}
	p.Environments = append(p.Environments, l.environment)
}

// loading is one environment on its way, in one version or in both.
type loading struct {
	name           string
	parsed         *platform.Parsed
	isBase, isHead bool
	environment    Environment
	refused        []finding.Finding
	err            error
}

func (l *loading) evaluate() {
	env, refused, err := l.parsed.Evaluate()
	if err != nil || env == nil {
		l.refused, l.err = refused, err
		return
	}
	l.environment, l.refused, l.err = describe(env)
}

func parseAll(folder platform.Folder) (map[string]*platform.Parsed, error) {
	names, err := folder.Environments()
	if err != nil {
		return nil, err
	}
	all := map[string]*platform.Parsed{}
	var lock sync.Mutex
	errs := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() {
			parsed, err := folder.Parse(name)
			lock.Lock()
			defer lock.Unlock()
			all[name], errs[i] = parsed, err
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
