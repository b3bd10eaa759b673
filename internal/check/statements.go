package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// statements checks what the team states against itself.
func (e Environment) statements() []finding.Finding {
	var found []finding.Finding
	add := func(rule, at, message, remedy string) {
		place := e.Place(at)
		found = append(found, finding.Finding{
			Rule: rule, Severity: finding.Error, Message: message, Remedy: remedy, Field: "platform." + at, Source: &place,
		})
	}
	if e.State.Environment != e.Name {
		add("graph/environment-name", "environment",
			fmt.Sprintf("the folder %s describes environment %q", e.Name, e.State.Environment), "write environment: \""+e.Name+"\"")
		return found
	}
	for name, i := range e.State.Images {
		if _, known := e.State.Images[i.From]; i.From != "" && !known {
			add("graph/image-not-found", fmt.Sprintf("images.%q.from", name),
				fmt.Sprintf("image %s is built on %s, which the platform does not have", name, i.From), "name one of the platform's images")
		}
	}
	e.inspectedImages(add)
	for name, p := range e.State.Pools {
		if p.Nodes.Max < p.Nodes.Min {
			add("graph/pool-size", fmt.Sprintf("pools.%q.nodes.max", name),
				fmt.Sprintf("pool %s has at least %d nodes and at most %d", name, p.Nodes.Min, p.Nodes.Max), "raise max or lower min")
		}
	}
	if !slices.Contains(e.Phases, e.Current) {
		add("graph/phase-not-found", fmt.Sprintf("environments.%q.phase", e.Name),
			fmt.Sprintf("environment %s is in phase %q, which the platform does not have", e.Name, e.Current),
			"use one of "+strings.Join(e.Phases, ", "))
	}
	e.taskStatements(add)
	e.promises(add)
	e.started(add)
	e.forge(add)
	e.rollout(add)
	for item, readiness := range e.State.Facts.Checklist {
		if readiness == "missing" {
			add("graph/checklist", fmt.Sprintf("facts.checklist.%q", item),
				fmt.Sprintf("the checklist says that %s is missing from the cluster: what stands on it will not run", item),
				"install it, and say ready; the preflight job looks for itself")
		}
	}
	if n := e.State.Notebooks; n != nil && n.GPUs > 1 {
		if gpu := e.State.Pools[n.Pools.GPU].GPU; gpu != nil && gpu.Sharing.Strategy == "timeSlicing" {
			add("graph/more-than-one-slice", "notebooks.gpus",
				fmt.Sprintf("a notebook asks for %d slices of a GPU in pool %s: several give no more than one, and the device plugin refuses them", n.GPUs, n.Pools.GPU),
				"ask for one, or do not share the GPUs")
		}
	}
	if class, driver := e.slowClass(); class != "" {
		place := e.Place("notebooks.storage.fast")
		found = append(found, finding.Finding{
			Rule: "storage/slow-claim", Severity: finding.Warning, Field: "platform.notebooks.storage.fast", Source: &place,
			Message: fmt.Sprintf("runs keep their checkout on class %s, and %s is a file system over the network: many small files are slow there", class, driver),
			Remedy:  "name a class of disks, such as EBS gp3, a local disk or Ceph RBD; the shared claims may stay where they are",
		})
	}
	if short := e.shortOfMemory(); short != "" {
		add("graph/gpu-memory", "notebooks.gpuMemory", short, "choose a pool with larger GPUs, or share them less; of a GPU of 80 GB, say, programs can use 79Gi")
	}
	return found
}

// promises compares the GPUs that the teams' queues are promised with what the pools have.
func (e Environment) promises(add func(rule, at, message, remedy string)) {
	promised := map[string]int{}
	for _, team := range slices.Sorted(maps.Keys(e.State.Teams)) {
		queue := e.State.Teams[team].Queue
		for _, pool := range slices.Sorted(maps.Keys(queue.GPUs)) {
			at := fmt.Sprintf("teams.%q.queue.gpus.%q", team, pool)
			p := e.State.Pools[pool]
			switch {
			case e.State.Queue == nil:
				add("graph/queue-promise", at, fmt.Sprintf("team %s is promised GPUs of pool %s, and no GPU task waits in line", team, pool), "state queue, or leave the promise out")
				continue
			case p.GPU == nil:
				add("graph/queue-promise", at, fmt.Sprintf("team %s is promised GPUs of pool %s, which is no pool with GPUs", team, pool), "name a pool that has gpu")
				continue
			}
			promised[pool] += queue.GPUs[pool]
			if has := p.Nodes.Max * p.GPU.Devices(); promised[pool] > has {
				add("graph/queue-promise", at,
					fmt.Sprintf("with team %s's the queues of teams are promised %d GPUs of pool %s, which has %d", team, promised[pool], pool, has),
					"promise less, or raise nodes.max of the pool")
			}
		}
	}
}

// fileShares are drivers whose volumes are file systems over the network.
var fileShares = []string{"efs.csi.aws.com", "filestore.csi.storage.gke.io", "file.csi.azure.com", "nfs.csi.k8s.io", "rook-ceph.cephfs.csi.ceph.com", "csi.juicefs.com", "smb.csi.k8s.io"}

// slowClass is the class of the claims that are to be fast, with its driver, if that is none for disks.
func (e Environment) slowClass() (class, driver string) {
	if e.State.Notebooks == nil || len(e.Targets) == 0 {
		return "", ""
	}
	class = e.State.Notebooks.Storage.Fast
	driver = e.State.Facts.StorageClasses[class].Provisioner
	for _, o := range e.Targets[0].Objects {
		if o.Kind == "StorageClass" && o.Name == class {
			driver, _ = o.Value["provisioner"].(string)
		}
	}
	if !slices.Contains(fileShares, driver) {
		return "", ""
	}
	return class, driver
}

// firstPlace is the first of several fields that the team has written; the first of all if it wrote none.
func (e Environment) firstPlace(fields ...string) string {
	for _, at := range fields {
		if e.Place(at).Line > 0 {
			return at
		}
	}
	return fields[0]
}

// inspectedImages compares what the platform states of its images with what was read of them.
func (e Environment) inspectedImages(add func(rule, at, message, remedy string)) {
	for _, name := range slices.Sorted(maps.Keys(e.State.Images)) {
		read := e.State.InspectedImage(name)
		if read == nil {
			continue
		}
		for _, tool := range e.State.Images[name].Tools {
			elsewhere, missing := read.Missing[tool]
			if !missing {
				continue
			}
			message, remedy := fmt.Sprintf("image %s does not have %s on its PATH", name, tool), "use an image that has it, or add it to the image"
			if elsewhere != "" {
				message += ": it lies at " + elsewhere
				remedy = fmt.Sprintf("call it by its path, and state %q in its place", elsewhere)
			}
			add("image/tool-missing", e.firstPlace(fmt.Sprintf("images.%q.tools", name), fmt.Sprintf("images.%q.tag", name), fmt.Sprintf("lock.%q.tag", name)), message, remedy)
		}
	}
}

// rollout checks that every commit gets its verdict in every phase.
func (e Environment) rollout(add func(rule, at, message, remedy string)) {
	for name, p := range e.State.Phases {
		at := fmt.Sprintf("phases.%q.", name)
		switch {
		case p.Parallel && e.State.Fallback == nil:
			add("graph/parallel-without-fallback", at+"parallel",
				fmt.Sprintf("in %s the former CI is to run all commits, and the platform has no fallback: nobody would set the aggregate context", name),
				"state fallback, or leave out parallel")
		case e.State.Fallback != nil && p.RequiredContext == "tekton":
			add("graph/required-context", at+"requiredContext",
				fmt.Sprintf("%s requires Tekton's context, which commits of forks, and those of the former CI, never get: they could not be merged", name),
				"require the aggregate")
		case p.RequiredContext == "actions" && !p.Parallel:
			add("graph/required-context", at+"requiredContext",
				fmt.Sprintf("%s requires the context of the former CI, which runs only a part of the commits: the others could not be merged", name),
				"require the aggregate")
		}
	}
}

// deciders reports environments that each decide about the commits of one repository: the last
// to end would win.
func deciders(environments []Environment) []finding.Finding {
	first := map[string]Environment{}
	var found []finding.Finding
	for _, e := range environments {
		n := e.State.Notebooks
		if n == nil || n.Status.Environment != e.Name {
			continue
		}
		other, twice := first[n.Repository]
		if !twice {
			first[n.Repository] = e
			continue
		}
		place := e.Place("environment")
		found = append(found, finding.Finding{
			Rule: "graph/two-deciders", Severity: finding.Error, Field: "platform.notebooks.status.environment", Source: &place,
			Message: fmt.Sprintf("environments %s and %s run the same repository and both set the same status of its commits: the last to end wins", other.Name, e.Name),
			Remedy:  "name the one that decides in notebooks.status.environment, in a file that all environments share",
		})
	}
	return found
}

// taskStatements checks what tasks ask of their pools.
func (e Environment) taskStatements(add func(rule, at, message, remedy string)) {
	for name, t := range e.State.Tasks {
		own := e.State.Pools[t.Pool]
		if t.Memlock && !own.Memlock {
			add("graph/memlock", fmt.Sprintf("tasks.%q.memlock", name),
				fmt.Sprintf("task %s locks memory without limit, which nodes of pool %s do not allow", name, t.Pool),
				"raise LimitMEMLOCK of the container runtime on these nodes and say memlock: true of the pool; no field of a pod can")
		}
		if _, known := e.State.PriorityClasses[t.Priority]; t.Priority != "" && !known {
			add("graph/priority-not-found", fmt.Sprintf("tasks.%q.priority", name),
				fmt.Sprintf("there is no priority class %s: every pod of task %s would be refused", t.Priority, name), "name a key of priorityClasses")
		}
		for i, other := range t.OrPools {
			if pool := e.State.Pools[other]; device(pool) != device(own) {
				add("graph/other-device", fmt.Sprintf("tasks.%q.orPools[%d]", name, i),
					fmt.Sprintf("pool %s offers %s and pool %s %s: a pod asks for one of them", t.Pool, device(own), other, device(pool)),
					"name pools that share their GPUs in the same way")
			}
		}
	}
	for name, p := range e.State.Pipelines {
		for list, uses := range map[string]map[string]platform.PipelineTask{"tasks": p.Tasks, "finally": p.Finally} {
			for use, t := range uses {
				e.roomForNode(fmt.Sprintf("pipelines.%q.%s.%q.timeout", name, list, use), use, t, add)
			}
		}
	}
}

// roomForNode checks that a task's timeout leaves time for a node to start and to pull its
// image: Tekton counts from when the TaskRun is made.
func (e Environment) roomForNode(at, use string, t platform.PipelineTask, add func(rule, at, message, remedy string)) {
	pool, known := e.State.Pools[e.State.Tasks[t.Task].Pool]
	timeout, err := time.ParseDuration(t.Timeout)
	startup, startupErr := time.ParseDuration(pool.Startup)
	pull, pullErr := time.ParseDuration(pool.ImagePull)
	if !known || pool.Nodes.Min > 0 || err != nil || startupErr != nil || pullErr != nil || timeout > startup+pull {
		return
	}
	if e.Place(at).Line == 0 { // the timeout is a default: the pool is the team's
		at = fmt.Sprintf("pools.%q.nodes", e.State.Tasks[t.Task].Pool)
	}
	add("graph/no-room-for-node", at,
		fmt.Sprintf("%s has %s, and a node of pool %s takes %s to start and %s to pull the image: the task would end before it began",
			use, t.Timeout, e.State.Tasks[t.Task].Pool, pool.Startup, pool.ImagePull),
		"give it that much more, keep a node with nodes.min, or pre-pull the images")
}

// device names what pods ask for on a pool.
func device(p platform.Pool) string {
	if p.GPU == nil {
		return "no GPU"
	}
	return p.GPU.Resource()
}

// shortOfMemory compares what a notebook needs on a GPU with what the pool's sharing leaves.
func (e Environment) shortOfMemory() string {
	n := e.State.Notebooks
	if n == nil || n.GPUMemory == "" {
		return ""
	}
	pool, ok := e.State.Pools[n.Pools.GPU]
	if !ok || pool.GPU == nil {
		return ""
	}
	need, err := manifest.ParseQuantity(n.GPUMemory)
	if err != nil {
		return ""
	}
	have, err := manifest.ParseQuantity(pool.GPU.PodMemory)
	if err != nil || need.Cmp(have) <= 0 {
		return ""
	}
	return fmt.Sprintf("a notebook needs %s on a GPU; pool %s leaves %s of a %s's %s to each pod", n.GPUMemory, n.Pools.GPU,
		pool.GPU.PodMemory, pool.GPU.Model, pool.GPU.Memory)
}
