//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// provision plays the external-provisioner of the CSI drivers: it makes a volume for each claim
// that asks for one, once a node is selected where the class waits for that, and removes the
// volumes of claims that are gone.
func (c *cluster) provision(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { stop(); <-done })
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			c.provisionOnce(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
}

func (c *cluster) provisionOnce(ctx context.Context) {
	classes, err := c.typed.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	claims, err := c.typed.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for _, claim := range claims.Items {
		for _, class := range classes.Items {
			if wants(claim, class) {
				// One that is there already is refused, which is as well.
				_, _ = c.typed.CoreV1().PersistentVolumes().Create(ctx, c.volumeFor(claim, class), metav1.CreateOptions{})
			}
		}
	}
	volumes, err := c.typed.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for _, v := range volumes.Items {
		if v.Status.Phase == corev1.VolumeReleased && v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete {
			_ = c.typed.CoreV1().PersistentVolumes().Delete(ctx, v.Name, metav1.DeleteOptions{})
		}
	}
}

// wants tells whether a driver of a class would make a volume for a claim now.
func wants(claim corev1.PersistentVolumeClaim, class storagev1.StorageClass) bool {
	if claim.Status.Phase != corev1.ClaimPending || claim.Spec.StorageClassName == nil || *claim.Spec.StorageClassName != class.Name {
		return false
	}
	if claim.Annotations["volume.kubernetes.io/storage-provisioner"] != class.Provisioner {
		return false
	}
	waits := class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
	return !waits || claim.Annotations["volume.kubernetes.io/selected-node"] != ""
}

func (c *cluster) volumeFor(claim corev1.PersistentVolumeClaim, class storagev1.StorageClass) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "pvc-" + string(claim.UID), Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": class.Provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes: claim.Spec.AccessModes, Capacity: claim.Spec.Resources.Requests, StorageClassName: class.Name,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion,
			},
		},
	}
	if c.volume != nil {
		v.Spec.PersistentVolumeSource, v.Spec.NodeAffinity = c.volume(claim)
	} else {
		v.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: class.Provisioner, VolumeHandle: v.Name}
	}
	if class.ReclaimPolicy != nil {
		v.Spec.PersistentVolumeReclaimPolicy = *class.ReclaimPolicy
	}
	return v
}
