using System.CommandLine;
using KubeProxy.Fuzz;
using KubeProxy.Fuzz.Engine;

EdgeMap.MakeReady();
return await CommandLine.Build().Parse(args).InvokeAsync().ConfigureAwait(false);
