package rules

import "tenon.dev/tenon/internal/finding"

var storageRules = []finding.Rule{
	{
		ID: "storage/slow-claim", Severity: finding.Warning,
		Title: "A claim that is to be fast lies on block storage",
		Why: "EFS, Filestore, NFS, SMB, CephFS and JuiceFS answer every open and stat over the network: git checkout, pip install " +
			"and imports of thousands of small files take many times as long as on a disk.",
		Remedy: "name a class of disks, such as EBS gp3, a local disk or Ceph RBD; the shared claims may stay where they are",
		Links:  []string{"https://kubernetes.io/docs/concepts/storage/storage-classes/"},
	},
}
