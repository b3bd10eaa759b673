package tenon.rules.supply_chain.retired_image_test

import data.tenon.rules.supply_chain.retired_image

task := data.rendered.Task["env-preparation"]

of_image(image) := json.patch(task, [{"op": "replace", "path": "/spec/steps/0/image", "value": image}])

test_fires_on_each if {
	every image in ["gcr.io/kaniko-project/executor:v1.24.0-debug", "registry.k8s.io/ingress-nginx/controller:v1.13.0@sha256:11", "kubernetesui/dashboard:v2.7.0", "ghcr.io/helm/tiller", "k8s.gcr.io/kubernetes-dashboard-amd64:v1.10.1"] {
		found := retired_image.deny with input as of_image(image)
		{f.path | some f in found} == {["spec", "steps", 0, "image"]}
	}
}

test_silent_on_successors if {
	every image in ["ghcr.io/example/kaniko-project/executor-test:v1", "quay.io/buildah/stable:v1.40", "ghcr.io/headlamp-k8s/headlamp:v0.30"] {
		count(retired_image.deny) == 0 with input as of_image(image)
	}
}

test_fires_on_the_service if {
	found := retired_image.deny with input as {"kind": "Service", "metadata": {"name": "tiller-deploy"}, "spec": {"selector": {"app": "helm", "name": "tiller"}}}
	{f.path | some f in found} == {["spec", "selector"]}
}

test_silent_as_rendered if {
	count(retired_image.deny) == 0 with input as task
}
