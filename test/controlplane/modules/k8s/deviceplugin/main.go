// deviceplugin offers a resource to the kubelet without any device: deviceplugin nvidia.com/gpu 4. What
// a container gets stands in NVIDIA_VISIBLE_DEVICES, as NVIDIA's own plugin writes it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/klog/v2"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
	"k8s.io/kubernetes/pkg/kubelet/cm/devicemanager/plugin/v1beta1"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	if len(os.Args) != 3 {
		return fmt.Errorf("usage: %s RESOURCE COUNT", os.Args[0])
	}
	resource := os.Args[1]
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return fmt.Errorf("a number of devices: %w", err)
	}
	var devices []*api.Device
	for i := range count {
		devices = append(devices, &api.Device{ID: fmt.Sprintf("GPU-%08d", i), Health: api.Healthy})
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	socket := filepath.Join(api.DevicePluginPath, strings.NewReplacer("/", "-", ".", "-").Replace(resource)+".sock")
	for {
		err := offer(ctx, v1beta1.NewDevicePluginStub(klog.FromContext(ctx), devices, socket, resource, false, false), resource)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		klog.ErrorS(err, "The kubelet does not know the devices yet")
		time.Sleep(time.Second)
	}
}

// offer registers the devices and serves until the end. A kubelet that starts removes the sockets of all plugins before
// it listens, so that one that was there first has to begin anew, as NVIDIA's plugin does.
func offer(ctx context.Context, plugin *v1beta1.Stub, resource string) error {
	if _, err := os.Stat(api.KubeletSocket); err != nil {
		return err
	}
	plugin.SetAllocFunc(allocate)
	if err := plugin.Start(ctx); err != nil {
		return err
	}
	if err := plugin.Register(ctx, api.KubeletSocket, resource, api.DevicePluginPath); err != nil {
		_ = plugin.Stop(klog.FromContext(ctx))
		return err
	}
	<-ctx.Done()
	return nil
}

func allocate(r *api.AllocateRequest, _ map[string]*api.Device) (*api.AllocateResponse, error) {
	answer := &api.AllocateResponse{}
	for _, container := range r.ContainerRequests {
		answer.ContainerResponses = append(answer.ContainerResponses, &api.ContainerAllocateResponse{
			Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(container.DevicesIds, ",")},
		})
	}
	return answer, nil
}
