using KubeProxy.Testbed.Hosts;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

public abstract class VppFixture(VppOptions options) : HostFixture(VppHost.Missing(options), () => VppHost.Start(options));

public sealed class VppAlone() : VppFixture(new VppOptions());

public sealed class VppWithOneWorker() : VppFixture(new VppOptions { Workers = 1 });

public sealed class VppWithTwoWorkers() : VppFixture(new VppOptions { Workers = 2 });

/// <summary>With the plugin of VPP that answers echo requests.</summary>
public sealed class VppWithPing() : VppFixture(new VppOptions { Workers = 1, Plugins = ["ping"] });

/// <summary>With the plugin of VPP that cuts packets into two buffers anywhere.</summary>
public sealed class VppWithShapes() : VppFixture(new VppOptions { Plugins = ["oddbuf"] });

public sealed class VppWithShapesAndOneWorker() : VppFixture(new VppOptions { Workers = 1, Plugins = ["oddbuf"] });

public sealed class VppWithShapesAndTwoWorkers() : VppFixture(new VppOptions { Workers = 2, Plugins = ["oddbuf"] });

/// <summary>With the plugins of VPP that bring packets through tunnels and shared memory, as far as it has them.</summary>
public abstract class VppWithTunnelPlugins(int workers) : VppFixture(new VppOptions { Workers = workers, PluginsIfThere = ["gre", "vxlan", "memif"] });

public sealed class VppWithTunnels() : VppWithTunnelPlugins(0);

public sealed class VppWithTunnelsAndOneWorker() : VppWithTunnelPlugins(1);

public sealed class VppWithTunnelsAndTwoWorkers() : VppWithTunnelPlugins(2);

/// <summary>Hosts whose interfaces are in several tables: each class of stories has its own.</summary>
public sealed class VppWithTables() : VppFixture(new VppOptions());

public sealed class VppWithTablesAndOneWorker() : VppFixture(new VppOptions { Workers = 1 });

public sealed class VppWithTablesAndTwoWorkers() : VppFixture(new VppOptions { Workers = 2 });

public sealed class EmbeddedHost() : HostFixture(KuHost.Missing, KuHost.Start);

[CollectionDefinition]
public sealed class VppAloneCollection : ICollectionFixture<VppAlone>;

[CollectionDefinition]
public sealed class VppWithOneWorkerCollection : ICollectionFixture<VppWithOneWorker>;

[CollectionDefinition]
public sealed class VppWithTwoWorkersCollection : ICollectionFixture<VppWithTwoWorkers>;

[CollectionDefinition]
public sealed class VppWithPingCollection : ICollectionFixture<VppWithPing>;

[CollectionDefinition]
public sealed class VppWithShapesCollection : ICollectionFixture<VppWithShapes>;

[CollectionDefinition]
public sealed class VppWithShapesAndOneWorkerCollection : ICollectionFixture<VppWithShapesAndOneWorker>;

[CollectionDefinition]
public sealed class VppWithShapesAndTwoWorkersCollection : ICollectionFixture<VppWithShapesAndTwoWorkers>;

[CollectionDefinition]
public sealed class VppWithTunnelsCollection : ICollectionFixture<VppWithTunnels>;

[CollectionDefinition]
public sealed class VppWithTunnelsAndOneWorkerCollection : ICollectionFixture<VppWithTunnelsAndOneWorker>;

[CollectionDefinition]
public sealed class VppWithTunnelsAndTwoWorkersCollection : ICollectionFixture<VppWithTunnelsAndTwoWorkers>;

[CollectionDefinition]
public sealed class EmbeddedHostCollection : ICollectionFixture<EmbeddedHost>;
