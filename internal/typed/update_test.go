package typed_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/typed"
)

func parse(t *testing.T, text string) manifest.Object {
	t.Helper()
	var value map[string]any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	o, _ := manifest.New(value, nil)
	return o
}

// TestUpdate has, for each kind with fields that cannot be changed, a change that is refused and one
// that is not.
func TestUpdate(t *testing.T) {
	const container = "spec: {restartPolicy: Never, containers: [{name: a, image: x}]}"
	for name, test := range map[string]struct {
		object, old, refused, fine string
		field                      string
	}{
		"claim grows, and its class": {"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x}\nspec: {accessModes: [ReadWriteMany], storageClassName: @CLASS, resources: {requests: {storage: @SIZE}}}",
			"CLASS=a,SIZE=1Gi", "CLASS=b,SIZE=1Gi", "CLASS=a,SIZE=2Gi", "spec"},
		"claim shrinks": {"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x}\nspec: {accessModes: [ReadWriteMany], storageClassName: a, resources: {requests: {storage: @SIZE}}}",
			"SIZE=2Gi", "SIZE=1Gi", "SIZE=2048Mi", "spec.resources.requests.storage"},
		"class": {"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: x}\nprovisioner: @P\nallowVolumeExpansion: @E",
			"P=a.b,E=false", "P=c.d,E=false", "P=a.b,E=true", "provisioner"},
		"role of a binding": {"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: x, namespace: ns}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: @ROLE}\nsubjects: [{kind: ServiceAccount, name: @WHO}]",
			"ROLE=a,WHO=a", "ROLE=b,WHO=a", "ROLE=a,WHO=b", "roleRef"},
		"cluster role of a binding": {"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: @ROLE}\nsubjects: [{kind: ServiceAccount, name: @WHO, namespace: ns}]",
			"ROLE=a,WHO=a", "ROLE=b,WHO=a", "ROLE=a,WHO=b", "roleRef"},
		"deployment": {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x, namespace: ns}\nspec: {replicas: @N, selector: {matchLabels: {app: @APP}}, template: {metadata: {labels: {app: @APP}}, spec: {containers: [{name: a, image: x}]}}}",
			"N=1,APP=a", "N=1,APP=b", "N=2,APP=a", "spec.selector"},
		"daemon set": {"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: x, namespace: ns}\nspec: {minReadySeconds: @N, selector: {matchLabels: {app: @APP}}, template: {metadata: {labels: {app: @APP}}, spec: {containers: [{name: a, image: x}]}}}",
			"N=1,APP=a", "N=1,APP=b", "N=2,APP=a", "spec.selector"},
		"replica set": {"apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: x, namespace: ns}\nspec: {replicas: @N, selector: {matchLabels: {app: @APP}}, template: {metadata: {labels: {app: @APP}}, spec: {containers: [{name: a, image: x}]}}}",
			"N=1,APP=a", "N=1,APP=b", "N=2,APP=a", "spec.selector"},
		"stateful set": {"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: x, namespace: ns}\nspec: {replicas: @N, serviceName: @S, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: x}]}}}",
			"N=1,S=a", "N=1,S=b", "N=2,S=a", "spec.serviceName"},
		"job": {"apiVersion: batch/v1\nkind: Job\nmetadata: {name: x, namespace: ns}\nspec: {parallelism: @N, template: {metadata: {labels: {app: @APP}}, " + container + "}}",
			"N=1,APP=a", "N=1,APP=b", "N=2,APP=a", "spec.template"},
		"priority": {"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: x}\nvalue: @N\ndescription: @D",
			"N=1,D=a", "N=2,D=a", "N=1,D=b", "value"},
		"frozen map": {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns, labels: {l: @L}}\nimmutable: true\ndata: {a: @A}",
			"A=x,L=a", "A=z,L=a", "A=x,L=b", "data"},
		"frozen secret": {"apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: ns, labels: {l: @L}}\nimmutable: true\nstringData: {}\ndata: {a: @A}",
			"A=eA==,L=a", "A=eQ==,L=a", "A=eA==,L=b", "data"},
		"service": {"apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: ns}\nspec: {clusterIP: @IP, ports: [{port: @N}]}",
			"IP=None,N=1", "IP=10.0.0.1,N=1", "IP=None,N=2", "spec.clusterIP"},
		"volume": {"apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: x}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteMany], storageClassName: a, persistentVolumeReclaimPolicy: @R, nfs: {server: @S, path: /a}}",
			"R=Retain,S=a", "R=Retain,S=b", "R=Delete,S=a", "spec.persistentvolumesource"},
	} {
		t.Run(name, func(t *testing.T) {
			version := func(values string) manifest.Object {
				text := test.object
				for _, pair := range strings.Split(values, ",") {
					key, value, _ := strings.Cut(pair, "=")
					text = strings.ReplaceAll(text, "@"+key, value)
				}
				return parse(t, text)
			}
			got := typed.Update(version(test.old), version(test.refused))
			if len(got) == 0 || got[0].Field != test.field {
				t.Errorf("got %v, want a refusal of %s", got, test.field)
			}
			if got := typed.Update(version(test.old), version(test.fine)); len(got) > 0 {
				t.Errorf("a change that is allowed: %v", got)
			}
		})
	}
}
