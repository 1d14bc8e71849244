export interface Context {
  params: Record<string, string>;
  query: URLSearchParams;
  body: any;
}
export declare class HttpError extends Error {
  constructor(status: number, message: string);
  status: number;
}
export declare function Injectable(): ClassDecorator;
export declare function Controller(prefix?: string): ClassDecorator;
export declare function Inject(...tokens: Function[]): ClassDecorator;
export declare function Get(path?: string): MethodDecorator;
export declare function Post(path?: string): MethodDecorator;
export declare function Module(parts: { imports?: Function[]; controllers?: Function[]; providers?: Function[] }): ClassDecorator;
export declare class Application {
  listen(port: number, host?: string): Promise<void>;
  close(): Promise<void>;
}
export declare const NestFactory: { create(module: Function): Promise<Application> };
