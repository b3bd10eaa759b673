# The image of tenon: the static binary and nothing else, for the sidecar of Argo CD's repo-server
# and for pipelines. There is no base image to pin or patch. `make image` builds it.
FROM scratch
COPY tenon /usr/local/bin/tenon
ENV PATH=/usr/local/bin
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/tenon"]
