package rules

import "tenon.dev/tenon/internal/finding"

var inputRules = []finding.Rule{
	{
		ID: "input/cue", Severity: finding.Error,
		Title: "The CUE loads",
		Why: "CUE that does not load renders nothing. tenon also refuses, before it evaluates them, expressions that are made to " +
			"take all memory or time: one value has at most 1,000 parts and 200 brackets in each other.",
		Remedy: "mend the syntax at the line that is named, and write values as fields that refer to each other",
		Links:  []string{language},
	},
	{
		ID: "input/document-separator", Severity: finding.Error,
		Title: "All readers see the same YAML documents",
		Why: "A line that some parsers take for the --- of a new document and others do not (a byte order mark, another line " +
			"ending, something behind the end of a document) hides objects: what kubectl or Argo CD applies is then not what was " +
			"reviewed.",
		Remedy: "write --- on a line of its own, ended by a line feed, and the document below it",
		Links:  []string{"https://yaml.org/spec/1.2.2/#document-markers"},
	},
	{
		ID: "input/encoding", Severity: finding.Error,
		Title: "A file is written in UTF-8",
		Why: "In UTF-16, as some Windows editors and PowerShell redirections save it, kubectl finds no document separator and " +
			"reads the first document at most; the others are never applied.",
		Remedy: "save the file in UTF-8",
		Links:  []string{"https://yaml.org/spec/1.2.2/#52-character-encodings"},
	},
	{
		ID: "input/gitattributes", Severity: finding.Error,
		Title: "A checkout has the texts that git keeps",
		Why: "With ident, filter, working-tree-encoding, export-subst or eol=crlf a checkout has other bytes than the commit, so " +
			"that what is judged is not what Argo CD renders. With -diff, linguist-generated or merge=union below cue/, reviews " +
			"fold what people write, or merges join it without asking.",
		Remedy: "take these attributes away from cue/ and overlays/, and name generated files alone",
		Links:  []string{"https://git-scm.com/docs/gitattributes"},
	},
	{
		ID: "input/helm", Severity: finding.Error,
		Title: "Helm renders a chart",
		Why: "helm install and Argo CD stop at a template that fails, at values that the chart's schema refuses and at a chart " +
			"that cannot be read: nothing of it is applied. tenon renders it with Helm's own engine, without network and cluster, " +
			"as helm template does.",
		Remedy: "mend the template, or give the values that it wants with --values FILE or --set name=value",
		Links:  []string{"https://helm.sh/docs/chart_template_guide/"},
	},
	{
		ID: "input/ignored-file", Severity: finding.Error, Lowest: &warning,
		Title: "All CUE of a platform is committed",
		Why: "A .cue file that .gitignore covers is rendered on this machine and is in no commit: CI and Argo CD render something " +
			"else, or fail for what is missing. The gate takes it as an error, tenon check as a warning.",
		Remedy: "take it out of .gitignore and commit it, or move it away from the platform",
		Links:  []string{"https://git-scm.com/docs/gitignore"},
	},
	{
		ID: "input/incomplete-object", Severity: finding.Error,
		Title: "A Kubernetes object has apiVersion and kind",
		Why: "kubectl refuses such a document (apiVersion not set, kind not set), and other tools pass it over, so that the object " +
			"is missing on the cluster. Mostly one of the two is misspelt, indented, or no text.",
		Remedy: "write apiVersion and kind as strings",
		Links:  []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/"},
	},
	{
		ID: "input/kustomize", Severity: finding.Error, Lowest: &warning,
		Title: "kustomize builds a kustomization",
		Why: "kubectl apply -k, Argo CD and Flux refuse a kustomization that names what is not there, or a patch that fits nothing: " +
			"nothing of it is applied. tenon builds it with kustomize's own library, without network, programs and plugins, and " +
			"checks what it builds.",
		Remedy: "mend what kustomize says; kustomize build FOLDER shows the same",
		Links:  []string{"https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/"},
	},
	{
		ID: "input/lfs-pointer", Severity: finding.Error,
		Title: "CUE is not kept in Git LFS",
		Why: "Who reads git's objects, as the gate and shallow clones without LFS do, finds the three lines of a pointer (version " +
			"https://git-lfs.github.com/spec/v1) in place of the CUE.",
		Remedy: "take the file out of LFS with git lfs untrack, and add it anew",
		Links:  []string{"https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"},
	},
	{
		ID: "input/no-objects", Severity: finding.Error,
		Title: "There is something to check",
		Why: "A wrong path or an empty render would pass every check. For an environment it is worse: with automated pruning, an " +
			"empty sync deletes everything that was there.",
		Remedy: "name files or folders with Kubernetes objects, and see that the environment's files fill targets",
		Links:  []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/"},
	},
	{
		ID: "input/not-read", Severity: finding.Info,
		Title: "What others apply is checked",
		Why: "Programs in Jsonnet, templates of Helm charts and manifests in folders of tools or of tests are not " +
			"rendered or searched here; Argo CD, Helm or kubectl -R applies them all the same, unchecked.",
		Remedy: "name it, or check what it renders to",
		Links:  []string{"https://argo-cd.readthedocs.io/en/stable/user-guide/directory/"},
	},
	{
		ID: "input/symlink", Severity: finding.Error,
		Title: "A platform has no symlinks and submodules",
		Why: "Git keeps where a symlink or submodule leads, not what is there: a revision and a checkout would not be the same " +
			"platform, and what is judged would not be what is rendered.",
		Remedy: "put the files themselves there",
		Links:  []string{"docs/gate.md"},
	},
	{
		ID: "input/too-deep", Severity: finding.Error,
		Title: "Values are nested at most 200 deep",
		Why: "Everything that looks at a value does so by recursion, and no object of Kubernetes is nested like this: the document " +
			"was not checked.",
		Remedy: "see what wrote the file",
		Links:  []string{yaml},
	},
	{
		ID: "input/too-large", Severity: finding.Error,
		Title: "A document has at most 10 MiB, and no aliases that grow without end",
		Why: "A larger document, or one whose YAML aliases multiply (a \"billion laughs\"), is not checked. etcd stores no " +
			"object above 1.5 MiB by default: the API server answers that the request is too large.",
		Remedy: "split it, and write out what the object needs",
		Links:  []string{"https://etcd.io/docs/v3.5/dev-guide/limit/"},
	},
	{
		ID: "input/unreadable", Severity: finding.Error,
		Title: "A file can be read",
		Why: "What cannot be read is not checked: a symlink out of the folder or to another one, a pipe, a device, or a file " +
			"without the right to read it.",
		Remedy: "put a file of its own there that the check may read",
		Links:  []string{yaml},
	},
	{
		ID: "input/yaml", Severity: finding.Error,
		Title: "A document parses as YAML",
		Why: "Nothing of a document that does not parse is applied. Common causes are text at column 1 that ends a block scalar, " +
			"as in a heredoc of a script, and a template in double braces that was not rendered.",
		Remedy: "mend the line that is named: indent the text of a block scalar, quote what stands in double braces",
		Links:  []string{yaml},
	},
	{
		ID: "input/variables", Severity: finding.Warning,
		Title: "Values are filled in before they are checked",
		Why: "A variable such as ${NAMESPACE} stands for what envsubst, Flux or a CI puts there. kubectl applies it as it is, and what " +
			"it becomes is not known here.",
		Remedy: "fill it in, and pipe the result: envsubst <FILE | tenon check -",
		Links:  []string{"https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution"},
	},
}
