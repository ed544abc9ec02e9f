// What `install.ts` builds etcd with, which `go install` refuses because its module has replace lines.
module tiphys.example/test/e2e/etcd

go 1.24

require go.etcd.io/etcd/server/v3 v3.6.5
