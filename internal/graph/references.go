package graph

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// references follows what objects name by themselves: accounts, secrets, config maps, claims,
// classes and roles.
func (g *graph) references() {
	for _, o := range g.Objects {
		switch o.Kind {
		case "Task":
			g.taskReferences(o, o.Value["spec"], manifest.Path{"spec"})
		case "Pipeline":
			g.eachPipelineTask(o)
		case "RoleBinding", "ClusterRoleBinding":
			g.binding(o)
		case "PersistentVolumeClaim":
			g.storageClass(o, o.Value["spec"], manifest.Path{"spec"})
		case "StorageClass":
			g.provisioner(o)
		case "ServiceAccount":
			for _, list := range []string{"secrets", "imagePullSecrets"} {
				each(o.Value, manifest.Path{list}, func(i int, s map[string]any) {
					g.secret(o, o.Namespace, s["name"], nil, manifest.Path{list, i, "name"})
				})
			}
		case "HorizontalPodAutoscaler", "VerticalPodAutoscaler":
			g.scaleTarget(o)
		case "StatefulSet":
			g.statefulSet(o)
		}
		if template, at := podTemplate(o); template != nil {
			g.podReferences(o, template, at)
		}
	}
	for _, r := range g.Runs {
		g.runReferences(r)
	}
}

// podTemplates says where workload kinds hold the spec of their pods.
var podTemplates = map[string]manifest.Path{
	"Pod":                   {"spec"},
	"Deployment":            {"spec", "template", "spec"},
	"DaemonSet":             {"spec", "template", "spec"},
	"StatefulSet":           {"spec", "template", "spec"},
	"ReplicaSet":            {"spec", "template", "spec"},
	"ReplicationController": {"spec", "template", "spec"},
	"PodTemplate":           {"template", "spec"},
	"Job":                   {"spec", "template", "spec"},
	"CronJob":               {"spec", "jobTemplate", "spec", "template", "spec"},
}

func podTemplate(o manifest.Object) (map[string]any, manifest.Path) {
	at, known := podTemplates[o.Kind]
	if !known {
		return nil, nil
	}
	value, _ := manifest.Lookup(o.Value, at)
	spec, _ := value.(map[string]any)
	return spec, at
}

func (g *graph) podReferences(o manifest.Object, spec map[string]any, at manifest.Path) {
	if spec["serviceAccountName"] != nil {
		g.account(o, o.Namespace, spec["serviceAccountName"], at.Append("serviceAccountName"))
	} else { // its old name, which servers take for it
		g.account(o, o.Namespace, spec["serviceAccount"], at.Append("serviceAccount"))
	}
	each(spec, manifest.Path{"imagePullSecrets"}, func(i int, s map[string]any) {
		g.secret(o, o.Namespace, s["name"], nil, at.Append("imagePullSecrets", i, "name"))
	})
	g.volumes(o, spec["volumes"], at.Append("volumes"))
	for _, list := range []string{"initContainers", "containers"} {
		g.environment(o, spec[list], at.Append(list))
	}
}

// taskReferences follows what the steps of a task need; spec may be embedded in a pipeline.
func (g *graph) taskReferences(o manifest.Object, value any, at manifest.Path) {
	spec, _ := value.(map[string]any)
	g.volumes(o, spec["volumes"], at.Append("volumes"))
	g.stepActions(o, spec, at)
	for _, list := range []string{"steps", "sidecars"} {
		g.environment(o, spec[list], at.Append(list))
		g.mounts(o, spec, list, at)
	}
	if template, ok := spec["stepTemplate"].(map[string]any); ok {
		g.containerEnvironment(o, template, at.Append("stepTemplate"))
	}
}

// mounts checks that what a step mounts is a volume of the task: Tekton does not look, and the
// API server refuses the pod when the run starts.
func (g *graph) mounts(o manifest.Object, spec map[string]any, list string, at manifest.Path) {
	var volumes []string
	each(spec, manifest.Path{"volumes"}, func(_ int, v map[string]any) {
		name, _ := v["name"].(string)
		volumes = append(volumes, name)
	})
	each(spec, manifest.Path{list}, func(i int, c map[string]any) {
		each(c, manifest.Path{"volumeMounts"}, func(j int, m map[string]any) {
			name, _ := m["name"].(string)
			if name == "" || variable(name) || slices.Contains(volumes, name) {
				return
			}
			g.unresolved(o, "graph/volume-not-found", at.Append(list, i, "volumeMounts", j, "name"),
				fmt.Sprintf("the task has no volume %s: its pod would be refused, unless the run's podTemplate brings one", name),
				"declare it in the task's volumes, or mount one that is there: "+listOrNone(volumes))
		})
	})
}

// eachPipelineTask checks the tasks that a pipeline names, whether or not a run uses it.
func (g *graph) eachPipelineTask(o manifest.Object) {
	spec, _ := o.Value["spec"].(map[string]any)
	g.pipelineTasks(o, o.Namespace, spec, manifest.Path{"spec"})
}

// pipelineTasks checks the tasks of a pipeline, which may be embedded in a run.
func (g *graph) pipelineTasks(o manifest.Object, namespace string, pipeline map[string]any, at manifest.Path) {
	for _, list := range []string{"tasks", "finally"} {
		each(pipeline, manifest.Path{list}, func(i int, task map[string]any) {
			here := at.Append(list, i)
			if ref, ok := task["taskRef"].(map[string]any); ok {
				g.taskRef(o, namespace, ref, here.Append("taskRef"))
			}
			if spec, ok := task["taskSpec"]; ok {
				g.taskReferences(o, spec, here.Append("taskSpec"))
			}
		})
	}
}

func (g *graph) taskRef(o manifest.Object, namespace string, ref map[string]any, at manifest.Path) {
	name, _ := ref["name"].(string)
	kind, _ := ref["kind"].(string)
	apiVersion, _ := ref["apiVersion"].(string)
	if name == "" || variable(name) || ref["resolver"] != nil || ref["bundle"] != nil || kind == "ClusterTask" ||
		kind != "" && kind != "Task" || apiVersion != "" && !isTekton(apiVersion) {
		return
	}
	if g.has(o, "Task", namespace, name) {
		if task, found := g.find(o, "Task", namespace, name); found {
			g.deprecated(o, at.Append("name"), task)
		}
		return
	}
	g.unresolved(o, "graph/task-not-found", at.Append("name"),
		fmt.Sprintf("there is no Task %s%s", name, within(namespace)),
		pick("name one that exists", g.names("Task", namespace)))
}

// deprecated finds tasks of pipelines that their owners have marked as such, as catalogues do
// (https://github.com/tektoncd/community/blob/main/teps/0003-tekton-catalog-organization.md).
func (g *graph) deprecated(in manifest.Object, at manifest.Path, task manifest.Object) {
	for _, where := range []string{"labels", "annotations"} {
		if strings.EqualFold(labelsAt(task, "metadata", where)["tekton.dev/deprecated"], "true") {
			g.add(in, "graph/task-deprecated", finding.Info, at, fmt.Sprintf("Task %s says that it is deprecated: nobody mends it any more", task.Name), "use the task that has taken its place; its description says which")
			return
		}
	}
}

func (g *graph) runReferences(r Run) {
	spec, _ := r.Object.Value["spec"].(map[string]any)
	at := r.At.Append("spec")
	g.account(r.Owner, r.Object.Namespace, spec["serviceAccountName"], at.Append("serviceAccountName"))
	template, _ := spec["taskRunTemplate"].(map[string]any)
	g.account(r.Owner, r.Object.Namespace, template["serviceAccountName"], at.Append("taskRunTemplate", "serviceAccountName"))
	if g.Defaults != nil && spec["serviceAccountName"] == nil && template["serviceAccountName"] == nil {
		g.account(r.Owner, r.Object.Namespace, g.Defaults.DefaultServiceAccount, at) // config-defaults names it
	}
	each(spec, manifest.Path{"taskRunSpecs"}, func(i int, s map[string]any) {
		g.account(r.Owner, r.Object.Namespace, s["serviceAccountName"], at.Append("taskRunSpecs", i, "serviceAccountName"))
	})
	if ref, ok := spec["taskRef"].(map[string]any); ok {
		g.taskRef(r.Owner, r.Object.Namespace, ref, at.Append("taskRef"))
	}
	if pipeline, ok := spec["pipelineSpec"].(map[string]any); ok {
		g.pipelineTasks(r.Owner, r.Object.Namespace, pipeline, at.Append("pipelineSpec"))
	}
	if task, ok := spec["taskSpec"]; ok && r.Object.Kind == "TaskRun" {
		g.taskReferences(r.Owner, task, at.Append("taskSpec"))
	}
	each(spec, manifest.Path{"workspaces"}, func(i int, w map[string]any) {
		here := at.Append("workspaces", i)
		if claim, ok := w["persistentVolumeClaim"].(map[string]any); ok {
			g.claim(r.Owner, r.Object.Namespace, claim["claimName"], here.Append("persistentVolumeClaim", "claimName"))
		}
		if secret, ok := w["secret"].(map[string]any); ok && secret["optional"] != true {
			g.secret(r.Owner, r.Object.Namespace, secret["secretName"], nil, here.Append("secret", "secretName"))
		}
		if config, ok := w["configMap"].(map[string]any); ok && config["optional"] != true {
			g.configMap(r.Owner, r.Object.Namespace, config["name"], nil, here.Append("configMap", "name"))
		}
		if template, ok := w["volumeClaimTemplate"].(map[string]any); ok {
			g.storageClass(r.Owner, template["spec"], here.Append("volumeClaimTemplate", "spec"))
		}
	})
}

func (g *graph) volumes(o manifest.Object, value any, at manifest.Path) {
	each(value, nil, func(i int, v map[string]any) {
		here := at.Append(i)
		if claim, ok := v["persistentVolumeClaim"].(map[string]any); ok {
			g.claim(o, o.Namespace, claim["claimName"], here.Append("persistentVolumeClaim", "claimName"))
		}
		if secret, ok := v["secret"].(map[string]any); ok && secret["optional"] != true {
			g.secret(o, o.Namespace, secret["secretName"], nil, here.Append("secret", "secretName"))
		}
		if config, ok := v["configMap"].(map[string]any); ok && config["optional"] != true {
			g.configMap(o, o.Namespace, config["name"], nil, here.Append("configMap", "name"))
			g.items(config, here.Append("configMap"), func(key any, at manifest.Path) { g.configMap(o, o.Namespace, config["name"], key, at) })
		}
		g.projected(o, v, here.Append("projected", "sources"))
	})
}

// projected follows the sources of a projected volume.
func (g *graph) projected(o manifest.Object, volume map[string]any, at manifest.Path) {
	each(volume, manifest.Path{"projected", "sources"}, func(i int, source map[string]any) {
		if secret, ok := source["secret"].(map[string]any); ok && secret["optional"] != true {
			g.secret(o, o.Namespace, secret["name"], nil, at.Append(i, "secret", "name"))
		}
		if config, ok := source["configMap"].(map[string]any); ok && config["optional"] != true {
			g.configMap(o, o.Namespace, config["name"], nil, at.Append(i, "configMap", "name"))
			g.items(config, at.Append(i, "configMap"), func(key any, at manifest.Path) { g.configMap(o, o.Namespace, config["name"], key, at) })
		}
	})
}

// items visits the keys that a volume takes of a ConfigMap.
func (g *graph) items(source map[string]any, at manifest.Path, visit func(key any, at manifest.Path)) {
	each(source, manifest.Path{"items"}, func(i int, item map[string]any) { visit(item["key"], at.Append("items", i)) })
}

// statefulSet follows the classes of a StatefulSet's claims, and the Service that gives its pods their names.
func (g *graph) statefulSet(o manifest.Object) {
	each(o.Value, manifest.Path{"spec", "volumeClaimTemplates"}, func(i int, claim map[string]any) {
		g.storageClass(o, claim["spec"], manifest.Path{"spec", "volumeClaimTemplates", i, "spec"})
	})
	spec, _ := o.Value["spec"].(map[string]any)
	name, _ := spec["serviceName"].(string)
	at := manifest.Path{"spec", "serviceName"}
	if name == "" || variable(name) {
		return
	}
	service, ok := g.find(o, "Service", o.Namespace, name)
	if !ok {
		g.unresolved(o, "graph/service-not-found", at, fmt.Sprintf("there is no Service %s%s: the pods have no names of their own", name, within(o.Namespace)),
			pick("name one that exists", g.names("Service", o.Namespace)))
		return
	}
	if ip, _ := manifest.Lookup(service.Value, manifest.Path{"spec", "clusterIP"}); ip != "None" {
		g.add(o, "graph/service-not-headless", finding.Warning, at, fmt.Sprintf("Service %s has an address of its own: the pods have no names in DNS", name), "name a Service with clusterIP: None")
	}
}

func (g *graph) environment(o manifest.Object, containers any, at manifest.Path) {
	each(containers, nil, func(i int, c map[string]any) { g.containerEnvironment(o, c, at.Append(i)) })
}

func (g *graph) containerEnvironment(o manifest.Object, c map[string]any, at manifest.Path) {
	each(c, manifest.Path{"env"}, func(j int, e map[string]any) {
		here := at.Append("env", j, "valueFrom")
		if from, ok := lookupMap(e, "valueFrom", "secretKeyRef"); ok && from["optional"] != true {
			g.secret(o, o.Namespace, from["name"], from["key"], here.Append("secretKeyRef"))
		}
		if from, ok := lookupMap(e, "valueFrom", "configMapKeyRef"); ok && from["optional"] != true {
			g.configMap(o, o.Namespace, from["name"], nil, here.Append("configMapKeyRef", "name"))
			g.configMap(o, o.Namespace, from["name"], from["key"], here.Append("configMapKeyRef"))
		}
	})
	each(c, manifest.Path{"envFrom"}, func(j int, e map[string]any) {
		here := at.Append("envFrom", j)
		if from, ok := lookupMap(e, "secretRef"); ok && from["optional"] != true {
			g.secret(o, o.Namespace, from["name"], nil, here.Append("secretRef", "name"))
		}
		if from, ok := lookupMap(e, "configMapRef"); ok && from["optional"] != true {
			g.configMap(o, o.Namespace, from["name"], nil, here.Append("configMapRef", "name"))
		}
	})
}

func (g *graph) account(o manifest.Object, namespace string, value any, at manifest.Path) {
	name, _ := value.(string)
	if name == "" || name == "default" || variable(name) || g.has(o, "ServiceAccount", namespace, name) {
		return
	}
	g.unresolved(o, "graph/account-not-found", at,
		fmt.Sprintf("there is no ServiceAccount %s%s", name, within(namespace)),
		pick("create it, or name one that exists", g.names("ServiceAccount", namespace)))
}

// secret checks a reference to a Secret, and to a key of it where one is named.
func (g *graph) secret(o manifest.Object, namespace string, value, keyValue any, at manifest.Path) {
	name, _ := value.(string)
	wanted, _ := keyValue.(string)
	if name == "" || variable(name) {
		return
	}
	var keys []string
	s, found := g.find(o, "Secret", namespace, name)
	if found {
		keys = slices.Concat(mapKeys(s.Value["data"]), mapKeys(s.Value["stringData"]))
	} else if fetched, open, ok := g.fetched(namespace, name); ok {
		if open {
			return
		}
		keys = fetched
	} else if fact, ok := g.Facts.Secrets[name]; ok && (fact.Namespace == "" || fact.Namespace == namespace) {
		keys = fact.Keys
	} else {
		if wanted != "" {
			at = at.Append("name")
		}
		g.unresolved(o, "graph/secret-not-found", at,
			fmt.Sprintf("there is no Secret %s%s, nor in facts.secrets", name, within(namespace)),
			"state it in facts.secrets with its keys, or correct the name: pods that need it do not start")
		return
	}
	if wanted != "" && !variable(wanted) && !slices.Contains(keys, wanted) {
		severity := finding.Error
		if found && path.Dir(s.File) != path.Dir(o.File) && !g.Complete {
			severity = finding.Warning // the Secret of that name may be another's
		}
		g.add(o, "graph/secret-key-not-found", severity, at.Append("key"),
			fmt.Sprintf("Secret %s has no key %s, only %s", name, wanted, listOrNone(keys)),
			"correct the key here or in facts.secrets")
	}
}

// fetched returns the keys of a Secret that an ExternalSecret makes; open says that it takes
// all keys of an entry or makes them by a template, so that it may have others.
func (g *graph) fetched(namespace, name string) (keys []string, open, ok bool) {
	for _, o := range g.Objects {
		if o.Kind != "ExternalSecret" || o.Namespace != namespace {
			continue
		}
		target, given := manifest.Lookup(o.Value, manifest.Path{"spec", "target", "name"})
		if given && target != name || !given && o.Name != name {
			continue
		}
		each(o.Value, manifest.Path{"spec", "data"}, func(_ int, d map[string]any) {
			key, _ := d["secretKey"].(string)
			keys = append(keys, key)
		})
		_, whole := manifest.Lookup(o.Value, manifest.Path{"spec", "dataFrom"})
		_, made := manifest.Lookup(o.Value, manifest.Path{"spec", "target", "template", "data"})
		return keys, whole || made, true
	}
	return nil, false, false
}

// configMap checks a reference to a ConfigMap, or to a key of one that is there: at is then what has the key.
func (g *graph) configMap(o manifest.Object, namespace string, value, keyValue any, at manifest.Path) {
	name, _ := value.(string)
	if name == "" || variable(name) || name == "kube-root-ca.crt" {
		return
	}
	config, found := g.find(o, "ConfigMap", namespace, name)
	if keyValue == nil {
		if !found {
			g.unresolved(o, "graph/config-map-not-found", at, fmt.Sprintf("there is no ConfigMap %s%s", name, within(namespace)), "create it or correct the name")
		}
		return
	}
	wanted, _ := keyValue.(string)
	keys := slices.Concat(mapKeys(config.Value["data"]), mapKeys(config.Value["binaryData"]))
	if !found || wanted == "" || variable(wanted) || slices.Contains(keys, wanted) {
		return
	}
	severity := finding.Error
	if path.Dir(config.File) != path.Dir(o.File) && !g.Complete {
		severity = finding.Warning // the ConfigMap of that name may be another's
	}
	g.add(o, "graph/config-map-key-not-found", severity, at.Append("key"),
		fmt.Sprintf("ConfigMap %s has no key %s, only %s: the container does not start", name, wanted, listOrNone(keys)), "correct the key")
}

func (g *graph) claim(o manifest.Object, namespace string, value any, at manifest.Path) {
	name, _ := value.(string)
	if name == "" || variable(name) || g.has(o, "PersistentVolumeClaim", namespace, name) {
		return
	}
	g.unresolved(o, "graph/claim-not-found", at,
		fmt.Sprintf("there is no PersistentVolumeClaim %s%s", name, within(namespace)),
		pick("create it, or name one that exists", g.names("PersistentVolumeClaim", namespace)))
}

func (g *graph) storageClass(o manifest.Object, value any, at manifest.Path) {
	spec, _ := value.(map[string]any)
	name, _ := spec["storageClassName"].(string)
	fact, stated := g.Facts.StorageClasses[name]
	g.accessModes(o, spec, at, name, fact.Provisioner)
	if name == "" || stated || variable(name) || g.has(o, "StorageClass", "", name) {
		return
	}
	g.unresolved(o, "graph/storage-class-not-found", at.Append("storageClassName"),
		fmt.Sprintf("there is no StorageClass %s, nor in facts.storageClasses: the claim would stay Pending", name),
		pick("name one that exists", slices.Concat(g.names("StorageClass", ""), slices.Sorted(maps.Keys(g.Facts.StorageClasses)))))
}

// blockStorage are drivers whose volumes one node mounts at a time.
var blockStorage = []string{
	"ebs.csi.aws.com", "kubernetes.io/aws-ebs", "pd.csi.storage.gke.io", "kubernetes.io/gce-pd", "disk.csi.azure.com",
	"kubernetes.io/azure-disk", "rook-ceph.rbd.csi.ceph.com", "rancher.io/local-path", "kubernetes.io/no-provisioner",
}

// accessModes reports a claim for many nodes on a class that makes disks.
func (g *graph) accessModes(o manifest.Object, spec map[string]any, at manifest.Path, class, provisioner string) {
	if c, ok := g.find(o, "StorageClass", "", class); ok {
		provisioner, _ = c.Value["provisioner"].(string)
	}
	modes, _ := spec["accessModes"].([]any)
	i := slices.Index(modes, any("ReadWriteMany"))
	if i >= 0 && spec["volumeMode"] != "Block" && slices.Contains(blockStorage, provisioner) {
		g.add(o, "graph/access-mode", finding.Error, at.Append("accessModes", i),
			fmt.Sprintf("class %s makes disks (%s), which only one node can mount: %s is refused and the claim stays Pending", class, provisioner, modes[i]),
			"use a class of a shared file system, or ReadWriteOnce")
	}
}

func (g *graph) provisioner(o manifest.Object) {
	name, _ := o.Value["provisioner"].(string)
	if slices.Contains(g.Facts.CSIDrivers, name) || name == "kubernetes.io/no-provisioner" {
		return
	}
	if len(g.Facts.CSIDrivers) == 0 {
		if g.Complete {
			g.add(o, "graph/driver-not-installed", finding.Warning, manifest.Path{"provisioner"},
				fmt.Sprintf("nothing says that the CSI driver %s is installed: without it claims of class %s would stay Pending", name, o.Name),
				fmt.Sprintf("state the cluster's drivers, which kubectl get csidrivers lists: facts: csiDrivers: [%q]", name))
		}
		return
	}
	g.add(o, "graph/driver-not-installed", finding.Error, manifest.Path{"provisioner"},
		fmt.Sprintf("no CSI driver %s is installed: claims of class %s would stay Pending", name, o.Name),
		"install it and state it in facts.csiDrivers, or use one of "+listOrNone(g.Facts.CSIDrivers))
}

func (g *graph) binding(o manifest.Object) {
	kind, _ := manifest.Lookup(o.Value, manifest.Path{"roleRef", "kind"})
	name, _ := manifest.Lookup(o.Value, manifest.Path{"roleRef", "name"})
	role, _ := name.(string)
	kindName, _ := kind.(string)
	namespace := roleNamespace(kindName, o.Namespace)
	builtin := kind == "ClusterRole" && (slices.Contains(builtinClusterRoles, role) || slices.ContainsFunc(shippedRoles, func(r *rbacv1.ClusterRole) bool { return r.Name == role }))
	if role != "" && !builtin && !g.has(o, kindName, namespace, role) && !slices.Contains(g.Facts.ClusterRoles, role) {
		g.unresolved(o, "graph/role-not-found", manifest.Path{"roleRef", "name"},
			fmt.Sprintf("there is no %s %s, nor in facts.clusterRoles: the binding grants nothing", kindName, role),
			pick("create it, or name one that exists", g.names(kindName, namespace)))
	}
	each(o.Value, manifest.Path{"subjects"}, func(i int, s map[string]any) {
		if s["kind"] != "ServiceAccount" {
			return
		}
		namespace, _ := s["namespace"].(string)
		if namespace == "" {
			namespace = o.Namespace
		}
		g.account(o, namespace, s["name"], manifest.Path{"subjects", i, "name"})
	})
}

// builtinClusterRoles are those that every cluster has for people and controllers to be
// bound to (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings).
var builtinClusterRoles = []string{
	"cluster-admin", "admin", "edit", "view", "system:auth-delegator", "system:basic-user", "system:discovery",
	"system:monitoring", "system:node", "system:public-info-viewer",
}

func (g *graph) scaleTarget(o manifest.Object) {
	field := "scaleTargetRef"
	if o.Kind == "VerticalPodAutoscaler" {
		field = "targetRef"
	}
	target, ok := lookupMap(o.Value, "spec", field)
	if !ok {
		return
	}
	kind, _ := target["kind"].(string)
	name, _ := target["name"].(string)
	if name == "" || g.has(o, kind, o.Namespace, name) {
		return
	}
	g.unresolved(o, "graph/scale-target-not-found", manifest.Path{"spec", field, "name"},
		fmt.Sprintf("there is no %s %s%s: nothing is scaled", kind, name, within(o.Namespace)),
		pick("name one that exists", g.names(kind, o.Namespace)))
}
