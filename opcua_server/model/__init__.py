"""The information model: namespaces, types, instances, node ids."""
