using System.CommandLine;
using System.Net;
using KubeProxy.Demo;

Option<string> host = new("--host") { Description = "where the plugin runs", DefaultValueFactory = _ => "auto" };
host.AcceptOnlyFromAmong("auto", "vpp", "embedded");
Option<bool> keep = new("--keep") { Description = "leave everything up until Enter or Ctrl-C, to type commands into it" };
Option<int> requests = new("--requests") { Description = "requests before, and again around the change of pods", DefaultValueFactory = _ => 60 };
requests.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 60)
        result.AddError("--requests: at least 60, so that every pod has its turn");
});
RootCommand root = new("The live demonstration: one client and three pods in network namespaces, HTTP over TCP and an echo over UDP through a ClusterIP, IPv4 and IPv6.")
{
    host, keep, requests,
};
root.SetAction((parsed, cancel) => Demonstration.RunAsync(parsed.GetValue(host)!, parsed.GetValue(keep), parsed.GetValue(requests), cancel));

Option<string> name = new("--name") { Required = true };
Command pod = new("pod", "One pod: an HTTP server and a UDP echo (the demonstration starts it in a namespace).") { name };
pod.SetAction((parsed, cancel) => PodServer.RunAsync(parsed.GetValue(name)!, cancel));
pod.Hidden = true;
root.Add(pod);

Option<string[]> vips = new("--vip") { AllowMultipleArgumentsPerToken = true, Required = true };
Option<int> rounds = new("--rounds") { Required = true };
Command client = new("client", "The client: asks every VIP over TCP and UDP (the demonstration starts it in a namespace).") { vips, rounds };
client.SetAction((parsed, cancel) => Client.RunAsync([.. parsed.GetValue(vips)!.Select(IPAddress.Parse)], parsed.GetValue(rounds), cancel));
client.Hidden = true;
root.Add(client);

return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) }).ConfigureAwait(false);
